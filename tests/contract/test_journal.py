"""What a session relies on of its journal, asked of the fake and of the store alike."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from app.claude.ports import Journal
from app.claude.prices import NOTHING
from app.store.database import Database
from app.store.journal import StoredJournal
from app.store.money import Spending, SpendingLimits
from app.store.runs import Runs
from phases.core.allowance import Limit
from phases.core.errors import StaleSegmentError
from phases.core.model import StepOutcome
from phases.core.session import Assignment, Json, LedgerEntry, Opening, Results
from tests.app.claude.kit import accept, assignment, room, submit
from tests.app.claude.wire import by_turn, call, reply, serving, text
from tests.app.store.story import running
from tests.databases import migrated
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal
from tests.fakes.outside import ManualClock
from tests.fakes.waiting import FakePause, FakeRest, FakeWatch

REPLY: Json = {
    "stop_reason": "tool_use",
    "content": [{"type": "text", "text": "é 🙂 \x00"}],
    "a": None,
}
RESULTS: tuple[Json, ...] = ({"type": "tool_result", "content": "ok", "a": 1.5}, {"type": "text"})
ESTIMATE = Decimal("0.5")

LIMITS = SpendingLimits(Decimal(60), Decimal(200), Decimal(20), 1800.0)


@dataclass(frozen=True)
class Given:
    """A journal, and an assignment of a run that it knows."""

    journal: Journal
    assignment: Assignment
    entry: LedgerEntry


@pytest.fixture(params=["fake", "stored"])
async def given(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Given]:
    clock = ManualClock()
    entry = LedgerEntry(
        "model", 1, NOTHING, Decimal("0.000000125"), "list", 0, 1, "req", True, clock.now()
    )
    async with AsyncExitStack() as stack:
        if request.param == "fake":
            yield Given(FakeJournal(Decimal(15)), assignment(), entry)
            return
        url = migrated(tmp_path / "phaseline.db")
        database = await stack.enter_async_context(Database(url))
        run = await running(database, Runs(database, clock, Decimal(15)))
        spending = Spending(database, clock, LIMITS)
        journal = StoredJournal(database, clock, spending)
        yield Given(journal, replace(assignment(), run=run.id), entry)


async def _asked(given: Given, n: int, results: Results | None = None) -> int:
    estimate = replace(given.entry, cost_usd=ESTIMATE, answered=False)
    return (await given.journal.asks(given.assignment, n, estimate, results)).number


async def _row(given: Given, n: int, results: Results | None = None) -> None:
    number = await _asked(given, n, results)
    journal, entry = given.journal, given.entry
    await journal.reply(given.assignment, n, f"hash {n}", REPLY, number, entry, 1.5 + n)


async def _left(given: Given) -> Decimal:
    return (await given.journal.allowance(given.assignment.run)).money.left


async def test_a_session_that_has_not_begun_has_no_rows(given: Given) -> None:
    assert await given.journal.turns(given.assignment.session) == ()


async def test_a_row_comes_back_as_it_was_written_with_its_keys_in_their_order(
    given: Given,
) -> None:
    await _row(given, 0)

    (row,) = await given.journal.turns(given.assignment.session)

    assert row.reply == REPLY
    assert list(row.reply) == list(REPLY)
    assert (row.n, row.request_sha256, row.results, row.snapshot) == (0, "hash 0", None, None)
    assert (row.cost_usd, row.seconds) == (given.entry.cost_usd, 1.5)


async def test_results_complete_their_row(given: Given) -> None:
    await _row(given, 0)
    await _row(given, 1, Results(RESULTS, "snap"))
    await _row(given, 2, Results((), None))
    await _row(given, 3)
    await given.journal.results(given.assignment, 3, Results(RESULTS, None))

    rows = await given.journal.turns(given.assignment.session)

    assert [row.n for row in rows] == [0, 1, 2, 3]
    assert [row.results for row in rows] == [RESULTS, (), None, RESULTS]
    assert [row.snapshot for row in rows] == ["snap", None, None, None]


async def test_a_second_row_of_one_number_is_refused_and_its_request_paid_all_the_same(
    given: Given,
) -> None:
    await _row(given, 0)
    left = await _left(given)

    with pytest.raises(StaleSegmentError):
        await _row(given, 0)

    assert left - await _left(given) == given.entry.cost_usd
    assert len(await given.journal.turns(given.assignment.session)) == 1


async def test_a_request_counts_with_its_estimate_until_it_is_settled(given: Given) -> None:
    number = await _asked(given, 0)
    unanswered = await _left(given)
    await given.journal.settle(given.assignment, number, None)
    refused = await _left(given)
    lost = await _asked(given, 0)
    again = await given.journal.asks(given.assignment, 0, given.entry, None)

    assert (unanswered, refused) == (Decimal(15) - ESTIMATE, Decimal(15))
    assert again.before_usd == ESTIMATE
    assert again.number != lost


async def test_a_row_costs_what_all_requests_for_it_and_behind_it_are_counted_with(
    given: Given,
) -> None:
    await _asked(given, 0)
    await _row(given, 0)
    number = await _asked(given, 0)
    await given.journal.settle(given.assignment, number, given.entry)
    await _row(given, 1)

    first, second = await given.journal.turns(given.assignment.session)

    assert first.cost_usd == ESTIMATE + 2 * given.entry.cost_usd
    assert second.cost_usd == given.entry.cost_usd
    assert Decimal(15) - await _left(given) == first.cost_usd + second.cost_usd


async def test_a_session_begins_once(given: Given) -> None:
    opening = Opening(("role é", "skills"), "an earlier one")
    unknown = await given.journal.opening(given.assignment.session)
    await _row(given, 0)
    allowance = await given.journal.begin(given.assignment, opening)

    with pytest.raises(StaleSegmentError):
        await given.journal.begin(given.assignment, Opening((), None))

    assert unknown is None
    assert await given.journal.opening(given.assignment.session) == opening
    assert allowance.of(Limit.RUN_USD).left == Decimal(15) - given.entry.cost_usd


async def test_every_row_is_paid_for_to_the_smallest_amount(given: Given) -> None:
    before = await _left(given)

    await _row(given, 0)
    await _row(given, 1)

    left = await _left(given)
    assert before == Decimal(15)
    assert before - left == Decimal("0.00000025")


async def test_a_session_is_held_and_held_again_on_the_rows_of_the_journal(given: Given) -> None:
    respond = by_turn(
        reply(text("I look."), call("bash", {"command": "append f 1"})),
        reply(text("Done.")),
        reply(submit()),
    )

    desk = FakeDesk()

    async with (
        serving(respond) as server,
        room(server.url, given.journal, FakePause(), FakeRest(), FakeWatch()) as sessions,
    ):
        first = await sessions.converse(given.assignment, desk, accept)
        second = await sessions.converse(given.assignment, desk, accept)

    assert first.outcome is StepOutcome.DONE
    assert first == second
    assert len(server.sent) == 3
    assert desk.files == {"f": "1"}


async def test_a_reply_tells_what_is_left_behind_it(given: Given) -> None:
    number = await _asked(given, 0)
    journal, entry = given.journal, given.entry
    told = await journal.reply(given.assignment, 0, "hash", REPLY, number, entry, 1.5)

    assert told.money.left == await _left(given)
    assert told.money.limit is Limit.RUN_USD


async def test_an_output_is_kept_whole_for_its_own_session_and_the_last_one_counts(
    given: Given,
) -> None:
    await given.journal.keep_output(given.assignment, 0, 1, "first")
    await given.journal.keep_output(given.assignment, 0, 1, "é 🙂 \x00" * 10_000)
    session = given.assignment.session

    assert await given.journal.output(session, 0, 1) == "é 🙂 \x00" * 10_000
    assert await given.journal.output(session, 0, 0) is None
    assert await given.journal.output("another", 0, 1) is None
