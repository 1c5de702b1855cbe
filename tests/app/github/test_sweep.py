"""What no webhook brought, found against the stand-in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from app.github.connection import GitHubConnection
from app.github.labels import Labels
from app.github.remains import Remains
from app.github.sweep import Sweep
from phases.core.events import Labelled
from phases.core.model import Repository
from tests.app.github.outgoing import item, send
from tests.app.github.parts import APP_ID, WallClock
from tests.app.github.standin import StandIn

# Of this test alone: the stand-in is shared.
LABEL = "swept"
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Runs:
    """Knows until when issues had runs, and is told of those that have none."""

    def __init__(self, *known: int) -> None:
        self.until = dict.fromkeys(known, datetime.max.replace(tzinfo=UTC))
        self.told: list[Labelled] = []
        self.missed: list[int] = []

    async def answered_until(self, repository: Repository, issue: int) -> datetime | None:
        return self.until.get(issue)

    async def found(self, event: Labelled) -> None:
        self.told.append(event)

    async def lost(self, repository: Repository, issue: int) -> None:
        self.missed.append(issue)


class AllArrived:
    """Has every delivery on record."""

    async def lost(self, sent: Mapping[str, datetime]) -> frozenset[str]:
        return frozenset()


def sweep_of(runs: Runs, connection: GitHubConnection) -> Sweep:
    return Sweep(
        connection.clients,
        runs,
        Labels(connection.clients, label=LABEL),
        Remains(connection.clients, app_id=APP_ID),
        (),
        AllArrived(),
        label=LABEL,
        clock=WallClock(),
    )


async def test_a_labelled_issue_without_a_run_is_reported_with_who_labelled_it_and_when(
    github: StandIn, connection: GitHubConnection
) -> None:
    known, unknown, plain, closed = [await github.issue(f"Issue {n}") for n in range(4)]
    for number in (known, unknown, closed):
        labels = {"labels": [LABEL]}
        await github.act("writer", "POST", f"/issues/{number}/labels", labels)
    await github.act("maintainer", "PATCH", f"/issues/{closed}", {"state": "closed"})
    runs = Runs(known)

    count = await sweep_of(runs, connection).look_around()

    assert count == 1
    (event,) = runs.told
    assert plain not in {known, unknown}
    assert (event.issue, event.title, event.author) == (unknown, "Issue 1", "reader")
    assert event.actor == github.person("writer")
    assert event.actor_is_human
    assert event.repository == github.repository
    assert datetime.now(UTC) - event.at < timedelta(minutes=1)


async def test_a_label_that_was_set_again_behind_the_end_of_a_run_is_reported(
    github: StandIn, connection: GitHubConnection
) -> None:
    again, before = [await github.issue(f"Issue {n}") for n in range(2)]
    for number in (again, before):
        await github.act("writer", "POST", f"/issues/{number}/labels", {"labels": [LABEL]})
    runs = Runs()
    labelled = datetime.now(UTC)
    runs.until = {again: labelled - timedelta(minutes=1), before: labelled + timedelta(seconds=2)}

    await sweep_of(runs, connection).look_around()

    assert again in {event.issue for event in runs.told}
    assert before not in {event.issue for event in runs.told}


async def test_an_issue_with_a_tracker_of_ours_had_a_run_and_is_not_started_again(
    github: StandIn, connection: GitHubConnection
) -> None:
    ours, pasted = [await github.issue(f"Issue {n}") for n in range(2)]
    marked = "## Phaseline\n\n<!-- phaseline:comment r1 tracker -->"
    tracker = item(github, ours, "## Phaseline", key="tracker")
    await send(connection, tracker)
    await github.act("writer", "POST", f"/issues/{pasted}/comments", {"body": marked})
    for number in (ours, pasted):
        await github.act("writer", "POST", f"/issues/{number}/labels", {"labels": [LABEL]})
    runs = Runs()

    await sweep_of(runs, connection).look_around()

    assert runs.missed == [ours]
    assert pasted in {event.issue for event in runs.told}
    assert ours not in {event.issue for event in runs.told}
