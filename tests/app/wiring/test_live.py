"""The live checks, tried on the stand-in GitHub: what they tick, and that they leave nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from app.settings import load
from app.wiring.live.checks import BOXES, OF_A_VISIT, LiveChecks, live_checks
from app.wiring.live.tick import Outcome, Tick
from app.wiring.refusals import StartError
from tests.app.github.parts import WallClock
from tests.app.github.standin import FULL_NAME, StandIn, stand_in
from tests.app.serving import served
from tests.app.web.parts import SECRET, MemoryReceiver, application
from tests.app.wiring.apps import TestApp, register
from tests.forking import ForkServer

TICKED, DIFFERS, UNTRIED = Outcome.TICKED, Outcome.DIFFERS, Outcome.UNTRIED


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("github"), forks) as running:
        yield running


@asynccontextmanager
async def checking(app: TestApp, folder: Path) -> AsyncIterator[LiveChecks]:
    # No model answers there; that is one box of its own.
    settings = load(**app.settings(data_dir=folder, anthropic_base_url="http://127.0.0.1:9"))
    async with live_checks(settings, WallClock()) as checks:
        yield checks


async def ticks(checks: LiveChecks, repository: str) -> dict[str, Tick]:
    return {tick.box: tick async for tick in checks.all(repository)}


async def installed(github: StandIn, service: str) -> TestApp:
    app = await register(github)
    app.hook(f"{service}/webhooks/github", SECRET)
    app.install()
    return app


async def remains(github: StandIn) -> tuple[list[str], list[str], list[str]]:
    """Return the open issues and pull requests, our branches and our labels."""
    issues = await github.act("maintainer", "GET", "/issues?state=open")
    branches = await github.act("maintainer", "GET", "/branches?per_page=100")
    labels = await github.act("maintainer", "GET", "/labels?per_page=100")
    return (
        [issue["title"] for issue in issues],
        [one["name"] for one in branches if one["name"].startswith("phaseline/")],
        [one["name"] for one in labels if "live" in one["name"]],
    )


async def test_everything_is_tried_ticked_by_evidence_and_taken_away(
    github: StandIn, tmp_path: Path
) -> None:
    async with served(application(MemoryReceiver())) as url:
        app = await installed(github, url)
        async with checking(app, tmp_path) as checks:
            found = await ticks(checks, FULL_NAME.upper())

    assert list(found) == list(BOXES)
    assert {box for box, tick in found.items() if tick.outcome is TICKED} >= {
        "signature",
        "empty-draft",
        "draft-plan",
        "token-form",
        "ready",
        "payloads",
        "own-comments",
    }, found
    assert found["empty-draft"].told.endswith("with the repository's template")
    assert "characters; the API, a fetch and a push took such tokens" in found["token-form"].told
    assert found["push-token"].outcome is UNTRIED
    assert found["push-token"].told.endswith("but not over HTTPS")
    assert found["models"].outcome is DIFFERS
    assert checks.left == []
    assert await remains(github) == ([], [], [])


async def test_a_visit_that_is_cut_short_is_taken_away_too(github: StandIn, tmp_path: Path) -> None:
    async with served(application(MemoryReceiver())) as url:
        app = await installed(github, url)
        async with checking(app, tmp_path) as checks:
            coming = checks.all(FULL_NAME)
            async for tick in coming:
                if tick.box == "draft-plan":
                    break
            before = await remains(github)
            await coming.aclose()

    assert [len(one) for one in before] == [2, 1, 1]
    assert checks.left == []
    assert await remains(github) == ([], [], [])


async def test_without_a_repository_nothing_is_made_anywhere(
    github: StandIn, tmp_path: Path
) -> None:
    async with served(application(MemoryReceiver())) as url:
        app = await installed(github, url)
        before = len(await github.act("maintainer", "GET", "/issues?state=all&per_page=100"))
        async with checking(app, tmp_path) as checks:
            found = await ticks(checks, "")

    assert len(await github.act("maintainer", "GET", "/issues?state=all&per_page=100")) == before
    assert {found[box].outcome for box in OF_A_VISIT} == {UNTRIED}
    assert "--repository owner/name" in found["ready"].told


async def test_a_repository_that_the_app_does_not_see_is_refused(
    github: StandIn, tmp_path: Path
) -> None:
    app = await register(github)
    app.install()

    async with checking(app, tmp_path) as checks:
        with pytest.raises(StartError, match=f"It sees: {FULL_NAME}"):
            await ticks(checks, "acme/other")


async def test_a_service_that_refuses_ticks_nothing_of_deliveries_and_all_is_taken_away(
    github: StandIn, tmp_path: Path
) -> None:
    async with served(refusing) as url:
        app = await installed(github, url)
        async with checking(app, tmp_path) as checks:
            found = await ticks(checks, FULL_NAME)

    assert found["payloads"].outcome is DIFFERS
    assert "was answered 401" in found["payloads"].told
    assert found["signature"].outcome is DIFFERS
    assert found["ready"].outcome is TICKED
    assert await remains(github) == ([], [], [])


async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})
