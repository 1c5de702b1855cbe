"""The dashboard: what it shows, to whom, and what hostile text does to it."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from starlette.types import Message, Receive, Scope, Send

from app.cli.demo.loopback import no_certificates
from app.web.doors import Doors
from app.web.pages import web_link
from tests.app.serving import served
from tests.app.web.parts import HOSTS, MemoryReceiver, Runs, application
from tests.app.web.records import HOSTILE, checked, prepared, record

pytestmark = pytest.mark.asyncio(loop_scope="module")
PRIVATE = ("/", "/runs.json", "/runs/r1", "/runs/r1.json", "/readyz", "/static/style.css")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    hostile = record(run_id="r2", title=HOSTILE, url="javascript:alert(1)")
    runs = Runs(record(), hostile, prepared("r3"), checked("r4"))
    async with (
        served(application(MemoryReceiver(), runs=runs)) as base,
        httpx.AsyncClient(base_url=base, trust_env=False, verify=no_certificates()) as client,
    ):
        yield client


async def test_a_run_as_json_has_the_keys_that_others_read(browser: httpx.AsyncClient) -> None:
    run = (await browser.get("/runs/r1.json")).json()

    assert (run["id"], run["state"], run["issue"]) == ("r1", "blocked", 3)
    assert (run["repository"], run["tracker_url"]) == ("acme/shop", "https://x.test/1")
    assert run["reason"] == "A gate said no: Add due dates"
    assert run["money"] == {"spent_usd": 0.5, "limit_usd": 15.0}
    assert run["pull_request"] == {
        "number": 8,
        "url": "https://x.test/1",
        "draft": True,
        "head": "c" * 40,
    }


async def test_the_phases_of_a_run_stand_in_order_with_their_state(
    browser: httpx.AsyncClient,
) -> None:
    phases = (await browser.get("/runs/r1.json")).json()["phases"]

    assert [(phase["name"], phase["state"]) for phase in phases] == [
        ("initialization", "passed"),
        ("planning", "blocked"),
        ("implementation", "pending"),
        ("qa", "pending"),
        ("ready", "pending"),
    ]
    assert phases[0]["started"] == phases[0]["ended"] == "2026-11-02T09:30:00+00:00"


async def test_steps_and_receipts_of_a_run(browser: httpx.AsyncClient) -> None:
    run = (await browser.get("/runs/r1.json")).json()

    done, running = run["steps"]
    assert (done["who"], running["who"]) == ("project-manager", "service")
    assert (done["name"], done["agent"], done["round"], done["outcome"]) == (
        "initialization/project-manager/1",
        "project-manager",
        1,
        "done",
    )
    assert done["artifact"] == {
        "name": "pm-spec.md",
        "sha256": "a" * 64,
        "url": "https://x.test/1",
    }
    assert (done["commit"], done["cost_usd"], done["notes"]) == (
        "c" * 40,
        0.123457,
        ["Add due dates"],
    )
    assert (running["outcome"], running["artifact"], running["commit"]) == (None, None, None)
    assert [(r["check"], r["status"], r["failed"]) for r in run["receipts"]] == [
        ("backend tests", "failed", 1)
    ]


async def test_the_receipt_of_preparing_does_not_pass_for_a_check(
    browser: httpx.AsyncClient,
) -> None:
    run = (await browser.get("/runs/r3.json")).json()
    page = (await browser.get("/runs/r3")).text

    assert [receipt["check"] for receipt in run["receipts"]] == ["dependencies"]
    assert "<td>dependencies</td>" in page


async def test_checks_that_found_failures_are_not_shown_as_done(browser: httpx.AsyncClient) -> None:
    (checks,) = (await browser.get("/runs/r4.json")).json()["steps"]
    page = (await browser.get("/runs/r4")).text

    assert (checks["outcome"], checks["found_failures"]) == ("done", True)
    assert '<span class="outcome found_failures">found failures</span>' in page


async def test_the_list_names_every_run(browser: httpx.AsyncClient) -> None:
    listed = (await browser.get("/runs.json")).json()["runs"]
    page = (await browser.get("/")).text

    assert [run["id"] for run in listed] == ["r1", "r2", "r3", "r4"]
    assert 'href="/runs/r1"' in page
    assert "acme/shop#3" in page


async def test_a_page_of_a_run_says_where_it_stands(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/runs/r1")).text

    assert "a person decides" in page
    assert '<a href="https://x.test/1" rel="noreferrer">pm-spec.md</a>' in page
    assert "$0.50 of $15.00" in page


@pytest.mark.parametrize("path", ["/", "/runs/r2"])
async def test_hostile_text_is_shown_and_not_obeyed(browser: httpx.AsyncClient, path: str) -> None:
    """Attack 68."""
    page = (await browser.get(path)).text

    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "javascript:" not in page


@pytest.mark.parametrize("path", ["/", "/runs/r1"])
async def test_a_notice_stands_on_every_page(browser: httpx.AsyncClient, path: str) -> None:
    assert "The model is &lt;scripted&gt;." in (await browser.get(path)).text


@pytest.mark.parametrize("path", ["/runs/none", "/runs/none.json", "/docs", "/openapi.json"])
async def test_what_there_is_not_is_404(browser: httpx.AsyncClient, path: str) -> None:
    """Attack 74: nothing that helps developers is served."""
    assert (await browser.get(path)).status_code == 404


@pytest.mark.parametrize("path", [*PRIVATE, "/healthz"])
async def test_every_answer_leaves_with_safe_headers(browser: httpx.AsyncClient, path: str) -> None:
    """Attack 67."""
    sent = (await browser.get(path)).headers

    assert sent["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in sent["content-security-policy"]
    assert "frame-ancestors 'none'" in sent["content-security-policy"]


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize(
    "told",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"x-forwarded-for": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
    ],
)
async def test_a_rebound_name_and_a_proxied_stranger_find_nothing(
    browser: httpx.AsyncClient, path: str, told: dict[str, str]
) -> None:
    """Attacks 66 and 67."""
    assert (await browser.get(path, headers=told)).status_code == 404


@pytest.mark.parametrize("host", ["localhost:8000", "LOCALHOST", "[::1]:8000", "127.0.0.1"])
async def test_the_names_of_this_machine_are_answered(
    browser: httpx.AsyncClient, host: str
) -> None:
    assert (await browser.get("/runs.json", headers={"host": host})).status_code == 200


async def test_the_webhook_and_health_answer_under_any_name(browser: httpx.AsyncClient) -> None:
    outside = {"host": "hooks.example", "x-forwarded-for": "192.0.2.1"}

    assert (await browser.get("/healthz", headers=outside)).status_code == 200
    assert (await browser.post("/webhooks/github", headers=outside)).status_code == 401


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 204),
        ("::1", 204),
        ("::ffff:127.0.0.1", 204),
        ("192.0.2.7", 404),
        ("::ffff:192.0.2.7", 404),
        ("not an address", 404),
        (None, 404),
    ],
)
async def test_only_a_loopback_peer_opens_a_private_path(peer: str | None, status: int) -> None:
    """Attack 66."""
    sent: list[Message] = []

    async def inner(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "path": "/",
        "method": "GET",
        "headers": [(b"host", b"localhost")],
        "client": None if peer is None else (peer, 1234),
    }
    await Doors(inner, public=frozenset(), hosts=HOSTS)(scope, receive, send)

    assert sent[0]["status"] == status


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x", "", None])
async def test_only_web_addresses_become_links(url: str | None) -> None:
    assert web_link(url) is None
