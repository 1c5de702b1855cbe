"""Whether anything waits to be done: asked by one statement, and nothing is overlooked."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.store.database import Database
from app.store.deliveries import Deliveries
from app.store.outbox import StoredOutbox
from app.store.outlook import Ahead, Outlook
from app.store.runs import Runs
from phases.core.machine import RunState
from phases.core.model import Run
from tests.app.store.story import LABELLED, deliver, running
from tests.fakes.outside import ManualClock

NOTHING = Ahead(deliveries=False, segments=False, trackers=False, outbox=False)
WAIT_SECONDS = 3600.0


@pytest.fixture
def outlook(database: Database, clock: ManualClock) -> Outlook:
    return Outlook(database, clock)


@pytest.fixture
async def waiting(database: Database, runs: Runs, outbox: StoredOutbox) -> Run:
    """A run that waits for the clock, and of which everything is shown."""
    run = await running(database, runs)
    await runs.stop(run, RunState.WAITING, "for an hour", WAIT_SECONDS, ())
    await _show_and_send(outbox)
    return run


async def test_while_runs_wait_there_is_nothing_to_do_and_one_statement_says_so(
    database: Database, outlook: Outlook, waiting: Run
) -> None:
    asked: list[str] = []

    @sa.event.listens_for(database._reading, "before_cursor_execute")
    def heard(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    ahead = await outlook.ahead()

    assert ahead == NOTHING
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1


async def test_a_delivery_lies_ahead_until_it_is_dealt_with(
    database: Database, runs: Runs, outlook: Outlook, waiting: Run
) -> None:
    await deliver(database, "one more")
    (delivery,) = await Deliveries(database).waiting(1)

    before = await outlook.ahead()
    await runs.ignore(delivery.id, "means nothing")

    assert before == replace(NOTHING, deliveries=True)
    assert await outlook.ahead() == NOTHING


async def test_a_segment_lies_ahead_when_its_time_has_come_and_while_it_is_driven(
    clock: ManualClock, runs: Runs, outlook: Outlook, outbox: StoredOutbox, waiting: Run
) -> None:
    clock.moment += timedelta(seconds=WAIT_SECONDS)

    at_its_time = await outlook.ahead()
    (due,) = await runs.due()
    await runs.take(due.run, due.segment)
    await _show_and_send(outbox)

    assert at_its_time == replace(NOTHING, segments=True)
    assert await outlook.ahead() == replace(NOTHING, segments=True)


async def test_a_queued_run_and_its_reaction_lie_ahead(
    runs: Runs, outlook: Outlook, waiting: Run
) -> None:
    await runs.start(None, replace(LABELLED, issue=4), 1)

    ahead = await outlook.ahead()

    assert ahead == Ahead(deliveries=False, segments=True, trackers=True, outbox=True)


async def test_a_message_that_waits_for_its_time_lies_ahead_only_then(
    clock: ManualClock, outlook: Outlook, outbox: StoredOutbox, waiting: Run
) -> None:
    await outbox.show(waiting.id, 99, "another text")
    (item,) = await outbox.due(9)

    before = await outlook.ahead()
    await outbox.postpone(item, WAIT_SECONDS / 2, "GitHub is away")
    meanwhile = await outlook.ahead()
    clock.moment += timedelta(seconds=WAIT_SECONDS / 2)

    assert before == replace(NOTHING, outbox=True)
    assert meanwhile == NOTHING
    assert await outlook.ahead() == replace(NOTHING, outbox=True)


async def _show_and_send(outbox: StoredOutbox) -> None:
    for run, touched in await outbox.unseen():
        await outbox.show(run, touched, "a tracker")
    for item in await outbox.due(9):
        await outbox.sent(item, item.id, None, item.desired.text_sha256, None)
