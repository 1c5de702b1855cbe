from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.claude.prices import NOTHING
from app.store.database import Database
from app.store.journal import StoredJournal
from app.store.money import Spending, SpendingLimits
from app.store.records import StoredRecords
from app.store.runs import Runs
from phases.core.allowance import Limit, stopped_by
from phases.core.errors import Blocked
from phases.core.machine import RunState
from phases.core.model import Run, StepOutcome
from phases.core.record import Performed
from phases.core.session import Assignment, LedgerEntry
from phases.core.work import PhaseName, WorkName
from tests.app.claude.kit import assignment
from tests.app.store.story import running
from tests.fakes.outside import ManualClock

NAME = WorkName(PhaseName.PLANNING, "architect", 1)


@pytest.fixture
async def run(database: Database, runs: Runs) -> Run:
    return await running(database, runs)


@pytest.fixture
def journal(database: Database, clock: ManualClock, spending: Spending) -> StoredJournal:
    return StoredJournal(database, clock, spending)


@pytest.fixture
def given(run: Run) -> Assignment:
    return replace(assignment(), run=run.id)


async def pay(
    journal: StoredJournal, given: Assignment, clock: ManualClock, n: int, usd: str
) -> None:
    entry = LedgerEntry("m", 1, NOTHING, Decimal(usd), "list", 0, 1, "req", True, clock.now())
    reply = {"stop_reason": "tool_use", "content": []}
    number = (await journal.asks(given, n, entry, None)).number
    await journal.reply(given, n, "hash", reply, number, entry, 0.0)


async def accept(records: StoredRecords, run: Run, clock: ManualClock) -> None:
    attempt = await records.begin(run, NAME, "Plan")
    now = clock.now()
    done = Performed(NAME, "Plan", attempt, now, now, StepOutcome.DONE)
    await records.finish(run, done, ())


async def test_the_tightest_limit_is_named(
    journal: StoredJournal, given: Assignment, clock: ManualClock
) -> None:
    await pay(journal, given, clock, 0, "1.5")

    allowance = await journal.allowance(given.run)

    left = {bound.limit: bound.left for bound in allowance.bounds}
    assert left[Limit.RUN_USD] == Decimal("13.5")
    assert left[Limit.DAY_USD] == Decimal("58.5")
    assert left[Limit.OPERATOR_DAY_USD] == Decimal("198.5")
    assert allowance.money.limit is Limit.IDLE_USD
    assert allowance.money.left == Decimal("2.5")


async def test_what_is_accepted_ends_the_idle_time_and_its_money(
    journal: StoredJournal,
    records: StoredRecords,
    given: Assignment,
    run: Run,
    clock: ManualClock,
) -> None:
    await pay(journal, given, clock, 0, "3")
    clock.moment += timedelta(minutes=20)
    before = await journal.allowance(run.id)
    await accept(records, run, clock)
    after = await journal.allowance(run.id)

    assert before.of(Limit.IDLE_SECONDS).left < 600
    assert after.of(Limit.IDLE_SECONDS).left > 1_790
    assert after.of(Limit.IDLE_USD).left == Decimal(4)
    assert after.of(Limit.RUN_USD).left == Decimal(12)


async def test_a_person_who_lets_a_run_go_on_gives_it_as_much_again(
    journal: StoredJournal, runs: Runs, given: Assignment, run: Run, clock: ManualClock
) -> None:
    await pay(journal, given, clock, 0, "4")
    await runs.stop(run, RunState.BLOCKED, "nothing happens", None, ())
    clock.moment += timedelta(hours=5)
    await runs.move(None, run, RunState.RUNNING, "asked for", ())

    allowance = await journal.allowance(run.id)

    assert allowance.of(Limit.IDLE_USD).left == Decimal(4)
    assert allowance.of(Limit.IDLE_SECONDS).left > 1_790


async def test_a_day_begins_anew_at_midnight_and_the_run_does_not(
    journal: StoredJournal, given: Assignment, clock: ManualClock
) -> None:
    await pay(journal, given, clock, 0, "2")
    until = (await journal.allowance(given.run)).seconds_to_midnight
    clock.moment += timedelta(seconds=until)

    allowance = await journal.allowance(given.run)

    assert 0 < until < 86_400
    assert allowance.of(Limit.DAY_USD).left == Decimal(60)
    assert allowance.of(Limit.RUN_USD).left == Decimal(13)


async def test_nothing_is_left_rather_than_less(
    database: Database, journal: StoredJournal, given: Assignment, clock: ManualClock
) -> None:
    await pay(journal, given, clock, 0, "20")
    tight = SpendingLimits(Decimal(1), Decimal(1), Decimal(1), 1.0)

    allowance = await Spending(database, clock, tight).allowance(given.run)

    assert {bound.left for bound in allowance.bounds} == {Decimal(0)}


async def test_hours_in_which_no_service_ran_are_no_time_without_progress(
    run: Run, runs: Runs, spending: Spending, clock: ManualClock
) -> None:
    clock.moment += timedelta(hours=2)
    before = (await spending.allowance(run.id)).of(Limit.IDLE_SECONDS).left

    await runs.renew(run.id, run.segment)

    after = (await spending.allowance(run.id)).of(Limit.IDLE_SECONDS)
    assert before == 0
    assert after.left > after.whole - 60


async def test_outages_and_crashes_lift_no_limit_of_money_without_progress(
    journal: StoredJournal, runs: Runs, given: Assignment, run: Run, clock: ManualClock
) -> None:
    await pay(journal, given, clock, 0, "1.5")
    await runs.stop(run, RunState.WAITING, "HTTP 429", 61.0, ())
    clock.moment += timedelta(seconds=62)
    (due,) = await runs.due()
    await pay(journal, given, clock, 1, "1.5")
    await runs.renew(run.id, due.segment)
    await pay(journal, given, clock, 2, "1.5")

    allowance = await journal.allowance(run.id)

    assert allowance.money.limit is Limit.IDLE_USD
    assert allowance.money.left == 0
    assert isinstance(stopped_by(allowance.money.limit, allowance), Blocked)
