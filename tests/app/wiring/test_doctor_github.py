"""The doctor looks at an App on the stand-in GitHub and says for each fault what to do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.cli.demo.ports import restartable_ports
from app.settings import load
from app.wiring.doctor.examination import Examined, Verdict, examine_all
from app.wiring.doctor.examinations import of_the_outside
from phases.core.ports import Clock
from tests.app.github.parts import API, WallClock, private_key
from tests.app.github.standin import FULL_NAME, StandIn, stand_in
from tests.app.serving import served
from tests.app.web.parts import SECRET, MemoryReceiver, application
from tests.app.wiring.apps import TestApp, register
from tests.contract.invented import invented_github
from tests.forking import ForkServer

OK, NOTE, MEND, LATER = Verdict.OK, Verdict.NOTE, Verdict.MEND, Verdict.LATER


class WrongClock(WallClock):
    """The time of day, five minutes off."""

    def __init__(self, minutes: int) -> None:
        self._off = timedelta(minutes=minutes)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._off


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("github"), forks) as running:
        yield running


_OF_NO_APP: dict[str, object] = {
    "github_url": "http://github.test",
    "github_api_url": API,
    "github_app_id": 3,
    "github_webhook_secret": SECRET,
    "anthropic_api_key": "sk-ant-1234567890",
    "_env_file": None,
}


async def look(app: TestApp, clock: Clock | None = None, **changed: object) -> dict[str, Examined]:
    """Return what the doctor finds, without the model."""
    settings = load(**app.settings(**({"port": restartable_ports(1)[0]} | changed)))
    async with of_the_outside(settings, clock or WallClock()) as wanted:
        return {found.subject: found async for found in examine_all(wanted[:-1])}


def verdicts(found: dict[str, Examined]) -> list[Verdict]:
    return [one.verdict for one in found.values()]


async def test_an_app_of_our_manifest_that_is_installed_is_sound(github: StandIn) -> None:
    app = await register(github)
    app.install()

    found = await look(app)

    assert verdicts(found) == [OK, OK, OK, OK, OK, OK, NOTE]
    assert found["installations"].told == FULL_NAME
    assert app.made.name in found["app"].told
    assert "nothing listens" in found["webhook"].told


async def test_an_app_that_is_installed_nowhere_is_told_where(github: StandIn) -> None:
    app = await register(github)

    found = await look(app)

    assert found["installations"].verdict is NOTE
    assert found["installations"].told.endswith(f"/apps/{app.made.slug}/installations/new")


async def test_a_needed_permission_is_demanded_with_the_page_where_it_is_given(
    github: StandIn,
) -> None:
    given = {"contents": "read", "issues": "write", "pull_requests": "write", "checks": "write"}
    app = await register(github, default_permissions=given)

    found = await look(app)

    assert found["permissions"].verdict is MEND
    assert "lacks Contents (read and write)." in found["permissions"].told
    page = f"{github.url}/settings/apps/{app.made.slug}/permissions"
    assert page in found["permissions"].told
    assert found["installations"].verdict is LATER
    assert "permissions" in found["installations"].told


async def test_without_checks_there_is_a_note_and_nothing_to_mend(github: StandIn) -> None:
    given = {"contents": "write", "issues": "write", "pull_requests": "write"}
    events = ["issues", "issue_comment", "pull_request"]
    app = await register(github, default_permissions=given, default_events=events)
    app.install()

    found = await look(app)

    assert found["permissions"].verdict is NOTE
    assert "there are no check runs" in found["permissions"].told
    assert MEND not in verdicts(found)


async def test_more_permissions_than_are_needed_are_named(github: StandIn) -> None:
    given = {"contents": "write", "issues": "write", "pull_requests": "write", "checks": "write"}
    app = await register(github, default_permissions=given | {"workflows": "write"})

    found = await look(app)

    assert found["permissions"].verdict is NOTE
    assert "and more: workflows." in found["permissions"].told


async def test_an_event_that_is_not_subscribed_to_is_named(github: StandIn) -> None:
    app = await register(github, default_events=["issues", "push"])

    found = await look(app)

    assert found["events"].verdict is MEND
    assert "does not subscribe to Issue comment, Pull request." in found["events"].told


async def test_a_key_of_another_app_is_said_so_and_the_rest_waits(github: StandIn) -> None:
    app = await register(github)

    found = await look(app, github_private_key=private_key())

    assert verdicts(found) == [OK, OK, MEND, LATER, LATER, LATER, LATER]
    assert "must check the App's id, private key" in found["app"].told


async def test_a_key_that_is_none_or_that_others_may_read_is_said_so(
    github: StandIn, tmp_path: Path
) -> None:
    app = await register(github)
    file = tmp_path / "app.pem"
    file.write_text(app.made.private_key)
    file.chmod(0o644)

    none = await look(app, github_private_key=str(tmp_path / "nothing"))
    readable = await look(app, github_private_key=str(file))

    assert none["key"].verdict is MEND
    assert readable["key"].verdict is NOTE
    assert "`chmod 600` it" in readable["key"].told


@pytest.mark.parametrize(("minutes", "word"), [(5, "ahead of"), (-15, "behind")])
async def test_a_clock_that_is_wrong_is_named_before_github_refuses_the_app(
    github: StandIn, minutes: int, word: str
) -> None:
    app = await register(github)

    found = await look(app, WrongClock(minutes))

    assert found["clock"].verdict is MEND
    assert f" s {word} GitHub's" in found["clock"].told
    assert "timedatectl" in found["clock"].told
    assert found["app"].verdict is LATER


async def test_a_github_that_cannot_be_reached_is_named_with_its_setting(github: StandIn) -> None:
    app = await register(github)
    nowhere = f"http://127.0.0.1:{restartable_ports(1)[0]}/api/v3"

    found = await look(app, github_api_url=nowhere)

    assert found["clock"].verdict is MEND
    assert nowhere in found["clock"].told
    assert "PHASELINE_GITHUB_API_URL" in found["clock"].told


async def test_a_delivery_is_sent_once_more_and_arrives(github: StandIn) -> None:
    app = await register(github)
    receiver = MemoryReceiver()

    async with served(application(receiver)) as url:
        app.hook(f"{url}/webhooks/github", SECRET)
        found = await look(app, port=urlsplit(url).port)

    assert found["webhook"].verdict is OK
    assert "GitHub's ping arrived once more (202 in " in found["webhook"].told


async def test_secrets_that_differ_are_found_by_the_delivery(github: StandIn) -> None:
    app = await register(github)

    async with served(application(MemoryReceiver())) as url:
        app.hook(f"{url}/webhooks/github", "another secret of 32 bytes or more")
        found = await look(app, port=urlsplit(url).port)

    assert found["webhook"].verdict is MEND
    assert "PHASELINE_GITHUB_WEBHOOK_SECRET is not the webhook secret" in found["webhook"].told


async def test_a_proxy_that_does_not_lead_here_is_told_what_to_forward(github: StandIn) -> None:
    app = await register(github)

    async with served(application(MemoryReceiver())) as url, served(elsewhere) as other:
        app.hook(f"{other}/webhooks/github", SECRET)
        found = await look(app, port=urlsplit(url).port)

    assert found["webhook"].verdict is MEND
    assert f"GitHub got 200 from {other}" in found["webhook"].told
    assert f"forward /webhooks/github to {url}" in found["webhook"].told


async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("Welcome")(scope, receive, send)


async def test_a_webhook_at_another_path_is_named(github: StandIn) -> None:
    app = await register(github)
    app.hook("https://a.example/hooks", SECRET)

    found = await look(app)

    assert found["webhook"].verdict is MEND
    assert "goes to https://a.example/hooks" in found["webhook"].told


async def test_an_installation_whose_owner_has_not_agreed_is_named(tmp_path: Path) -> None:
    """docs.github.com, "Approving updated permissions for a GitHub App"."""
    owner = {"id": 9, "login": "acme", "name": None, "type": "Organization"}
    given = {"contents": "write", "issues": "write", "metadata": "read", "pull_requests": "write"}
    shown = {
        "id": 3,
        "slug": "phaseline",
        "name": "Phaseline",
        "html_url": "http://github.test/apps/phaseline",
        "owner": owner,
        "permissions": given,
        "events": ["issues", "issue_comment", "pull_request"],
    }
    installed = {
        "id": 7,
        "account": owner,
        "html_url": "http://github.test/organizations/acme/settings/installations/7",
        "permissions": given | {"contents": "read"},
        "events": [],
        "suspended_at": None,
    }
    settings = load(**(_OF_NO_APP | {"github_private_key": private_key()}))
    now = format_datetime(datetime.now(UTC), usegmt=True)

    with invented_github(tmp_path) as router:
        router.get(f"{API}/meta").respond(200, json={}, headers={"date": now})
        router.get(f"{API}/app").respond(200, json=shown)
        router.get(f"{API}/app/installations").respond(200, json=[installed])
        async with of_the_outside(settings, WallClock()) as wanted:
            found = {one.subject: one async for one in examine_all(wanted[:6])}

    assert found["permissions"].verdict is NOTE
    assert found["installations"].verdict is MEND
    assert "on acme lacks Contents (read and write)" in found["installations"].told
    assert "/organizations/acme/settings/installations/7" in found["installations"].told
