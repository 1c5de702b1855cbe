"""The set-up's pages over HTTP: who gets in, what leads to GitHub, what comes back."""

import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import pytest

from app.cli.demo.loopback import no_certificates
from app.web.setup.assistant import Assistant
from app.web.setup.office import Application, Form, Kept, SetupError
from app.web.setup.pages import setup_application
from app.web.setup.wish import Wish
from tests.app.serving import served
from tests.app.web.parts import HOSTS

FORM = {"address": "https://phaseline.example.com", "name": "Phaseline", "organization": "acme"}
CLAUDE_KEY = "sk-ant-1234567890"


@dataclass
class PaperOffice:
    """Registers on paper; `fails` is what goes wrong the first time."""

    github_url: str = "https://github.example.com"
    has_claude_key: bool = False
    fails: SetupError | None = None
    codes: list[str] = field(default_factory=list)
    application: Application = field(
        default_factory=lambda: Application((("Issues", "Read and write"),), ("Issue comment",))
    )

    def form(self, wish: Wish, redirect_url: str, state: str) -> Form:
        manifest = {"name": wish.name, "redirect_url": redirect_url}
        address = f"{self.github_url}/organizations/{wish.organization}/new?state={state}"
        return Form(address, json.dumps(manifest))

    async def register(self, code: str, wish: Wish) -> Kept:
        self.codes.append(code)
        if self.fails is not None:
            failed, self.fails = self.fails, None
            raise failed
        page = f"{self.github_url}/apps/phaseline"
        return Kept(wish.name, 7, page, page, (".env",), (), bool(wish.claude_key), "build")


@dataclass
class Visitor:
    assistant: Assistant
    client: httpx.AsyncClient

    async def send(self, **changed: str) -> httpx.Response:
        fields = {"key": self.assistant.key, **FORM, **changed}
        return await self.client.post("/send", data=fields)

    async def state(self) -> str:
        """Fill in the form; return the state under which GitHub is asked."""
        found = re.search(r'action="([^"]+)"', (await self.send()).text)
        assert found
        return urlsplit(html.unescape(found[1])).query.removeprefix("state=")


@asynccontextmanager
async def visiting(office: PaperOffice) -> AsyncIterator[Visitor]:
    assistant = Assistant(office)
    async with (
        served(setup_application(assistant, HOSTS)) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, verify=no_certificates()) as client,
    ):
        yield Visitor(assistant, client)


@pytest.mark.parametrize("key", ["", "wrong", "\u00e4"])
async def test_without_the_key_of_the_terminal_there_is_no_form(key: str) -> None:
    async with visiting(PaperOffice()) as visitor:
        asked = await visitor.client.get("/", params={"key": key})
        sent = await visitor.send(key=key)

    assert (asked.status_code, sent.status_code) == (403, 403)
    assert visitor.assistant.key not in asked.text + sent.text
    assert "<form" not in asked.text + sent.text


async def test_another_name_for_this_machine_opens_nothing() -> None:
    async with visiting(PaperOffice()) as visitor:
        params = {"key": visitor.assistant.key}
        rebound = await visitor.client.get("/", params=params, headers={"host": "evil.example"})
        proxied = await visitor.client.get(
            "/", params=params, headers={"x-forwarded-for": "203.0.113.9"}
        )

    assert (rebound.status_code, proxied.status_code) == (404, 404)


async def test_the_pages_load_nothing_and_send_forms_to_github_alone() -> None:
    async with visiting(PaperOffice()) as visitor:
        page = await visitor.client.get("/", params={"key": visitor.assistant.key})

    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("form-action 'self' https://github.example.com")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text
    assert not re.search(r'(?:src|href)="', page.text)


async def test_a_fault_is_told_at_its_field_and_what_was_written_stays_but_for_the_key() -> None:
    async with visiting(PaperOffice()) as visitor:
        page = await visitor.send(
            address="http://a.example", name='"><script>x', claude_key=CLAUDE_KEY
        )

    assert page.status_code == 422
    assert "Begin it with https://" in page.text
    assert 'value="http://a.example"' in page.text
    assert "&#34;&gt;&lt;script&gt;x" in page.text
    assert CLAUDE_KEY not in page.text


async def test_the_browser_takes_a_manifest_to_github_that_leads_back_here() -> None:
    async with visiting(PaperOffice()) as visitor:
        page = await visitor.send(claude_key=CLAUDE_KEY)
        host = visitor.client.base_url.netloc.decode()

    assert page.status_code == 200
    assert "https://github.example.com/organizations/acme/new?state=" in page.text
    assert f"http://{host}/created" in html.unescape(page.text)
    assert CLAUDE_KEY not in page.text
    assert visitor.assistant.key not in page.text


async def test_the_way_back_ends_in_what_comes_next_and_then_nobody_is_needed() -> None:
    office = PaperOffice()
    async with visiting(office) as visitor:
        query = {"code": "abc123", "state": await visitor.state()}
        back = await visitor.client.get("/created", params=query)
        waits = not visitor.assistant.finished.is_set()
        again = await visitor.client.get("/created", params=query)
        done = await visitor.client.get(back.headers["location"])

    assert back.status_code == 303
    assert waits
    assert again.status_code == 303
    assert office.codes == ["abc123"]
    assert "Phaseline is registered" in done.text
    assert "<code>build</code> on an issue" in done.text
    assert 'href="https://github.example.com/apps/phaseline"' in done.text
    assert "ANTHROPIC_API_KEY=" in done.text
    assert visitor.assistant.finished.is_set()


@pytest.mark.parametrize("state", ["", "another", "\u00e4"])
async def test_an_answer_under_another_state_is_taken_from_nobody(state: str) -> None:
    office = PaperOffice()
    async with visiting(office) as visitor:
        early = await visitor.client.get("/created", params={"code": "abc", "state": state})
        await visitor.state()
        foreign = await visitor.client.get("/created", params={"code": "abc", "state": state})
        done = await visitor.client.get("/done")

    assert (early.status_code, foreign.status_code, done.status_code) == (409, 409, 403)
    assert "begin again" in foreign.text
    assert office.codes == []


async def test_only_the_latest_form_counts() -> None:
    async with visiting(PaperOffice()) as visitor:
        older = await visitor.state()
        newer = await visitor.state()
        first = await visitor.client.get("/created", params={"code": "abc", "state": older})
        second = await visitor.client.get("/created", params={"code": "abc", "state": newer})

    assert (first.status_code, second.status_code) == (409, 303)


@pytest.mark.parametrize("code", ["", "../../user", "a" * 201])
async def test_a_code_that_is_none_goes_nowhere(code: str) -> None:
    office = PaperOffice()
    async with visiting(office) as visitor:
        query = {"code": code, "state": await visitor.state()}
        page = await visitor.client.get("/created", params=query)

    assert page.status_code == 409
    assert office.codes == []


async def test_what_did_not_work_says_what_to_do_and_can_be_tried_again() -> None:
    office = PaperOffice(fails=SetupError("GitHub could not be reached.", "Reload this page."))
    async with visiting(office) as visitor:
        query = {"code": "abc", "state": await visitor.state()}
        failed = await visitor.client.get("/created", params=query)
        reloaded = await visitor.client.get("/created", params=query)

    assert failed.status_code == 409
    assert "Reload this page." in failed.text
    assert reloaded.status_code == 303


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 30, b"a" * 20_000])
async def test_a_body_that_no_form_sends_is_refused(body: bytes) -> None:
    async with visiting(PaperOffice()) as visitor:
        page = await visitor.client.post("/send", content=body)

    assert page.status_code in {400, 413}
