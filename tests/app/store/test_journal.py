"""What a session puts on record beside its turns: prices, results, whole outputs."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.claude.prices import NOTHING
from app.store.database import Database
from app.store.journal import MOST_OUTPUT_BYTES_OF_RUN, StoredJournal
from app.store.money import Spending
from app.store.runs import Runs
from phases.core.allowance import Limit
from phases.core.errors import StaleSegmentError
from phases.core.machine import RunState
from phases.core.model import Run
from phases.core.session import Assignment, LedgerEntry, Results
from tests.app.claude.kit import assignment
from tests.app.store.story import running
from tests.fakes.outside import ManualClock

REPLY = {"stop_reason": "tool_use", "content": []}


@pytest.fixture
def journal(database: Database, clock: ManualClock, spending: Spending) -> StoredJournal:
    return StoredJournal(database, clock, spending)


@pytest.fixture
async def run(database: Database, runs: Runs) -> Run:
    return await running(database, runs)


@pytest.fixture
def given(run: Run) -> Assignment:
    return replace(assignment(), run=run.id)


def entry(clock: ManualClock, usd: str) -> LedgerEntry:
    return LedgerEntry("m", 1, NOTHING, Decimal(usd), "list", 0, 1, "req", True, clock.now())


async def add_row(
    journal: StoredJournal, given: Assignment, n: int, entry: LedgerEntry, results: Results | None
) -> None:
    number = (await journal.asks(given, n, entry, results)).number
    await journal.reply(given, n, "hash", REPLY, number, entry, 0.0)


async def test_outputs_of_a_run_are_kept_whole_until_they_fill_their_room(
    journal: StoredJournal, given: Assignment
) -> None:
    large = "Ä" * (MOST_OUTPUT_BYTES_OF_RUN // 2)

    kept = [
        await journal.keep_output(given, 0, 0, "small\n"),
        await journal.keep_output(given, 0, 1, large),
        await journal.keep_output(given, 0, 2, "one more"),
    ]

    assert kept == [True, True, False]
    assert await journal.output(given.session, 0, 0) == "small\n"
    assert await journal.output(given.session, 0, 1) == large
    assert await journal.output(given.session, 0, 2) is None


async def test_results_come_back_as_they_were_and_are_refused_when_the_run_has_stopped(
    journal: StoredJournal, given: Assignment, clock: ManualClock, runs: Runs, run: Run
) -> None:
    blocks = ({"type": "tool_result", "tool_use_id": "t", "content": "Ä\n"},)
    paid = entry(clock, "1")
    await add_row(journal, given, 0, paid, None)
    await add_row(journal, given, 1, paid, Results(blocks, "tree"))
    await runs.stop(run, RunState.BLOCKED, "so", None, ())

    with pytest.raises(StaleSegmentError, match="has stopped"):
        await journal.results(given, 1, Results(blocks, None))
    with pytest.raises(StaleSegmentError, match="has stopped"):
        await journal.asks(given, 2, paid, Results(blocks, None))

    first, second = await journal.turns(given.session)
    assert (first.results, first.snapshot) == (blocks, "tree")
    assert second.results is None
    assert (await journal.allowance(run.id)).of(Limit.RUN_USD).left == Decimal(13)
