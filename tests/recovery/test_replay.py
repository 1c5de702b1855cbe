"""A tracker that people put back to what it was: its block is ours, and it is an old one."""

from dataclasses import dataclass, replace

import pytest

from app.github.connection import GitHubConnection
from app.github.conversation import Conversations
from app.github.recovery import Found, Recovery, Unreadable
from phases.core.machine import RunState
from phases.core.outward import Desired, OutwardItem, OutwardKind, Place
from phases.core.record import Record
from tests.app.github.parts import APP_ID, a_run
from tests.app.github.standin import StandIn

LABEL = "phaseline"
TEXT = Desired("tracker", OutwardKind.COMMENT, Place.ISSUE, "## Phaseline\n")


@dataclass
class Tracker:
    """The tracker of a run that was just asked for, and what a recovery makes of it."""

    connection: GitHubConnection
    record: Record
    comment: int | None = None

    async def show(self, state: RunState) -> str:
        """Write it as our App does; return the body that GitHub has now."""
        run = self.record.run
        self.record = replace(self.record, run=replace(run, state=state))
        marker = f"<!-- phaseline:comment {run.id} tracker -->"
        block = self.connection.seal.block(self.record)
        item = OutwardItem(
            1, run.id, run.repository, run.issue, TEXT, marker, self.comment, True, block
        )
        standing = await Conversations(self.connection.clients, app_id=APP_ID).send(item)
        self.comment = standing.remote_id
        self.record = replace(self.record, tracker_url=standing.url)
        return f"{TEXT.text}\n{block}\n\n{marker}\n"

    async def read_back(self) -> Found | Unreadable:
        clients, seal = self.connection.clients, self.connection.seal
        recovery = Recovery(clients, seal, app_id=APP_ID, label=LABEL)
        (found,) = [found async for found in recovery.runs(self.record.run.repository)]
        return found


@pytest.fixture
async def tracker(github: StandIn, connection: GitHubConnection) -> Tracker:
    issue = await github.issue()
    await github.act("writer", "POST", f"/issues/{issue}/labels", {"labels": [LABEL]})
    run = a_run(repository=github.repository, issue=issue, base=None, pull_request=None)
    return Tracker(connection, Record(run))


async def test_an_older_block_that_a_person_puts_back_into_the_tracker_refuses_the_run(
    github: StandIn, tracker: Tracker
) -> None:
    """Attacks 58 and 59: it was made for that very comment, so that its signature holds."""
    await tracker.show(RunState.RUNNING)
    older = await tracker.show(RunState.RUNNING)
    await tracker.show(RunState.CANCELLED)
    written = await tracker.read_back()

    place = f"/issues/comments/{tracker.comment}"
    await github.act("maintainer", "PATCH", place, {"body": older})
    put_back = await tracker.read_back()
    await tracker.show(RunState.CANCELLED)
    put_right = await tracker.read_back()

    assert isinstance(written, Found)
    assert isinstance(put_back, Unreadable)
    assert put_back.reason == "maintainer edited the tracker last, and it may be an older one"
    assert isinstance(put_right, Found)
    assert put_right.record.run.state is RunState.CANCELLED
