"""What no webhook brought, found against the stand-in."""

from datetime import UTC, datetime, timedelta

import pytest

from app.github.connection import GitHubConnection
from app.github.labels import Labels
from app.github.sweep import Sweep
from phases.core.events import Labelled
from phases.core.model import Repository
from tests.app.github.parts import WallClock
from tests.app.github.standin import StandIn

# Of this test alone: the stand-in is shared.
LABEL = "swept"
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Runs:
    """Knows which issues have runs, and is told of those that have none."""

    def __init__(self, *known: int) -> None:
        self._known = set(known)
        self.told: list[Labelled] = []

    async def has_run(self, repository: Repository, issue: int) -> bool:
        return issue in self._known

    async def found(self, event: Labelled) -> None:
        self.told.append(event)


async def test_a_labelled_issue_without_a_run_is_reported_with_who_labelled_it_and_when(
    github: StandIn, connection: GitHubConnection
) -> None:
    known, unknown, plain, closed = [await github.issue(f"Issue {n}") for n in range(4)]
    for number in (known, unknown, closed):
        labels = {"labels": [LABEL]}
        await github.act("writer", "POST", f"/issues/{number}/labels", labels)
    await github.act("maintainer", "PATCH", f"/issues/{closed}", {"state": "closed"})
    runs = Runs(known)
    furnisher = Labels(connection.clients, label=LABEL)
    sweep = Sweep(connection.clients, runs, furnisher, label=LABEL, clock=WallClock())

    count = await sweep.look_around()

    assert count == 1
    (event,) = runs.told
    assert plain not in {known, unknown}
    assert (event.issue, event.title, event.author) == (unknown, "Issue 1", "reader")
    assert event.actor == github.person("writer")
    assert event.actor_is_human
    assert event.repository == github.repository
    assert datetime.now(UTC) - event.at < timedelta(minutes=1)
