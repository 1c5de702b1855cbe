"""A session at a limit of its run: wrapped up, stopped with the way on, gone on with later."""

from dataclasses import replace
from decimal import Decimal

import pytest

from phases.core.allowance import Limit
from phases.core.errors import Blocked, Later
from phases.core.model import StepOutcome
from tests.app.claude.kit import LIMITS, assignment, stage, submit
from tests.app.claude.test_limits import asked_to_wrap_up, work
from tests.app.claude.wire import by_turn, error, in_order, reply
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal

SAYS = {
    Limit.RUN_USD: (Blocked, "limit of 1.00 USD", "/phaseline budget 2"),
    Limit.DAY_USD: (Later, "limit of 1.00 USD a day", "PHASELINE_BUDGET_DAY_USD"),
    Limit.OPERATOR_DAY_USD: (Later, "All repositories", "PHASELINE_BUDGET_OPERATOR_DAY_USD"),
    Limit.IDLE_USD: (Blocked, "1.00 USD since anything", "/phaseline retry"),
}


@pytest.mark.parametrize("limit", SAYS)
async def test_at_a_limit_of_the_run_the_session_stops_with_the_limit_and_the_way_on(
    limit: Limit,
) -> None:
    kind, what, way_on = SAYS[limit]
    journal = FakeJournal(Decimal("1.00"), limit)

    async with stage(by_turn(*(work(n) for n in range(9))), journal=journal) as at:
        end = await at.converse()

    assert [asked_to_wrap_up(sent) for sent in at.server.sent] == [False, False, True]
    assert isinstance(end.setback, kind)
    assert what in str(end.setback)
    assert way_on in str(end.setback)
    assert end.outcome is StepOutcome.OVER_BUDGET


async def test_a_limit_of_the_day_lets_the_run_wait_until_midnight() -> None:
    async with stage(by_turn(), journal=FakeJournal(Decimal(0), Limit.DAY_USD)) as at:
        end = await at.converse()

    assert isinstance(end.setback, Later)
    assert end.setback.seconds == 3600


async def test_a_session_goes_on_with_the_reply_that_was_left_when_the_limit_is_raised() -> None:
    journal = FakeJournal(Decimal("1.00"))
    respond = by_turn(work(0), work(1), work(2), reply(submit()))

    async with stage(respond, journal=journal) as at:
        stopped = await at.converse()
        again = await at.converse(desk=FakeDesk(kept=at.desk.kept))
        journal.purse = Decimal(15)
        desk = FakeDesk(kept=at.desk.kept)
        end = await at.converse(desk=desk)

    assert stopped == again
    assert len(at.server.sent) == 4
    assert "The limit was lifted" in at.server.sent[3].last[-1]["text"]
    assert end.outcome is StepOutcome.DONE
    assert end.setback is None
    assert desk.files == {"f": "012"}


async def test_a_session_that_went_on_is_the_same_after_another_restart() -> None:
    journal = FakeJournal(Decimal("1.00"))
    respond = by_turn(work(0), work(1), work(2), work(3), reply(submit()))

    async with stage(respond, journal=journal) as at:
        await at.converse()
        journal.purse = Decimal(15)
        desk = FakeDesk(kept=at.desk.kept)
        first = await at.converse(desk=desk)
        journal.forget(assignment().session, 4)
        second = await at.converse(desk=FakeDesk(kept=desk.kept))

    assert first == second
    assert first.outcome is StepOutcome.DONE


async def test_raised_too_little_for_a_turn_and_a_wrap_up_it_stays_where_it_is() -> None:
    journal = FakeJournal(Decimal("1.00"))

    async with stage(by_turn(work(0), work(1), work(2)), journal=journal) as at:
        await at.converse()
        journal.purse = Decimal("1.40")
        end = await at.converse(desk=FakeDesk(kept=at.desk.kept))

    assert isinstance(end.setback, Blocked)
    assert len(at.server.sent) == 3


async def test_time_without_anything_accepted_wraps_a_session_up() -> None:
    journal = FakeJournal(Decimal(15), idle_seconds=1_681)

    async with stage(by_turn(work(0), work(1)), journal=journal) as at:
        end = await at.converse()

    assert [asked_to_wrap_up(sent) for sent in at.server.sent] == [False, True]
    assert isinstance(end.setback, Blocked)
    assert "30 minutes since anything" in end.setback.message


async def test_a_limit_of_its_own_ends_a_session_and_is_no_setback() -> None:
    given = assignment(limits=replace(LIMITS, usd=Decimal("1.00")))

    async with stage(by_turn(*(work(n) for n in range(9)))) as at:
        end = await at.converse(given)

    assert end.outcome is StepOutcome.OVER_BUDGET
    assert end.setback is None


@pytest.mark.parametrize("status", [401, 402, 403, 404])
async def test_a_fault_of_the_account_waits_for_a_person_and_loses_nothing(status: int) -> None:
    respond = in_order(work(0), error(status, "some_error", "no"), reply(submit()))

    async with stage(respond) as at:
        stopped = await at.converse()
        end = await at.converse(desk=FakeDesk(kept=at.desk.kept))

    assert isinstance(stopped.setback, Blocked)
    assert f"HTTP {status}" in stopped.setback.message
    assert end.outcome is StepOutcome.DONE
    assert end.turns == 2
