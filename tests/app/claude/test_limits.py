from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from phases.core.model import StepOutcome
from phases.core.ports import ToolResult
from phases.core.submission import Submission
from tests.app.claude.kit import LIMITS, assignment, stage, submit
from tests.app.claude.wire import Sent, Wire, by_turn, call, reply
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal
from tests.fakes.waiting import FakeWatch

DEAR = {"input_tokens": 100_000, "output_tokens": 10_000}
"""0.30 USD on sonnet: 0.2 for what goes in, 0.1 for what comes out."""


def work(n: int, usage: Mapping[str, Any] = DEAR) -> Wire:
    """Return a turn that works and costs 0.30 USD."""
    return reply(call("bash", {"command": f"append f {n}"}, f"t{n}"), usage=usage)


def asked_to_wrap_up(sent: Sent) -> bool:
    """Say whether a request asks for the last turn."""
    return "This is your last turn" in sent.last[-1].get("text", "")


async def test_the_last_turn_is_announced_and_may_submit() -> None:
    given = assignment(limits=replace(LIMITS, turns=3))

    async with stage(by_turn(work(0), work(1), reply(submit()))) as at:
        end = await at.converse(given)

    rows = at.journal.rows[given.session]
    assert end.outcome is StepOutcome.DONE
    assert [asked_to_wrap_up(sent) for sent in at.server.sent] == [False, False, True]
    assert [len(row.results or ()) for row in rows] == [1, 2, 1]


async def test_a_session_that_works_on_in_its_last_turn_ends_with_its_work_kept() -> None:
    given = assignment(limits=replace(LIMITS, turns=3))

    async with stage(by_turn(work(0), work(1), work(2))) as at:
        end = await at.converse(given)

    assert end.outcome is StepOutcome.NO_OUTPUT
    assert "3 turns" in end.reason
    assert at.desk.files == {"f": "01"}
    assert len(at.server.sent) == 3


async def test_what_runs_beside_the_submission_of_the_last_turn_is_kept() -> None:
    given = assignment(limits=replace(LIMITS, turns=2))
    last = reply(call("bash", {"command": "append f 1"}), submit())

    async with stage(by_turn(work(0), last)) as at:
        end = await at.converse(given)

    assert end.outcome is StepOutcome.DONE
    assert at.desk.files == {"f": "01"}


async def test_a_submission_refused_in_the_last_turn_ends_the_session_with_the_reasons() -> None:
    async def examine(_given: Submission) -> tuple[str, ...]:
        return ("R1 is not covered.",)

    given = assignment(limits=replace(LIMITS, turns=2))

    async with stage(by_turn(work(0), reply(submit()))) as at:
        end = await at.converse(given, examine=examine)

    assert end.outcome is StepOutcome.NO_OUTPUT
    assert end.refusals == ("R1 is not covered.",)


async def test_money_ends_a_session_after_a_wrap_up_that_still_fits() -> None:
    given = assignment(limits=replace(LIMITS, usd=Decimal("1.60")))

    async with stage(by_turn(*(work(n) for n in range(9)))) as at:
        end = await at.converse(given)

    assert end.outcome is StepOutcome.OVER_BUDGET
    assert end.cost_usd == Decimal("1.50")
    assert [asked_to_wrap_up(sent) for sent in at.server.sent] == [False] * 4 + [True]
    assert at.desk.files == {"f": "0123"}


async def test_what_the_run_has_left_ends_a_session_the_same_way() -> None:
    journal = FakeJournal(Decimal("1.00"))

    async with stage(by_turn(*(work(n) for n in range(9))), journal=journal) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.OVER_BUDGET
    assert end.cost_usd == Decimal("0.90")


async def test_a_session_that_meets_no_money_at_all_asks_nothing() -> None:
    async with stage(by_turn(), journal=FakeJournal(Decimal(0))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.OVER_BUDGET
    assert at.server.sent == []


@dataclass
class SlowDesk(FakeDesk):
    """Every call takes its time, in seconds."""

    watch: FakeWatch | None = None
    takes: float = 300

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        if self.watch is not None:
            self.watch.passed += self.takes
        return await super().call(tool, arguments)


async def test_time_ends_a_session_after_a_wrap_up() -> None:
    async with stage(by_turn(*(work(n) for n in range(9)))) as at:
        end = await at.converse(desk=SlowDesk(watch=at.watch))

    assert end.outcome is StepOutcome.TIMED_OUT
    assert "15 minutes" in end.reason
    assert [asked_to_wrap_up(sent) for sent in at.server.sent] == [False] * 3 + [True]


async def test_a_tenth_of_the_time_is_kept_back_for_the_wrap_up() -> None:
    async with stage(by_turn(work(0), reply(submit()))) as at:
        end = await at.converse(desk=SlowDesk(watch=at.watch, takes=811))

    assert end.outcome is StepOutcome.DONE
    assert asked_to_wrap_up(at.server.sent[1])


async def test_time_worked_in_an_earlier_life_counts_and_time_between_lives_does_not() -> None:
    async with stage(by_turn(*(work(n) for n in range(9)))) as at:
        await at.converse(desk=SlowDesk(watch=at.watch))
        rows = at.journal.rows[assignment().session]
        at.journal.forget(assignment().session, 2)
        at.watch.passed += 86_400
        end = await at.converse(desk=SlowDesk(kept=at.desk.kept | _all(rows), watch=at.watch))

    assert [row.seconds for row in rows] == [0, 300, 300, 600, 900]
    assert end.outcome is StepOutcome.TIMED_OUT


def _all(rows: list[Any]) -> dict[str, dict[str, str]]:
    return {row.snapshot: {} for row in rows if row.snapshot}


async def test_a_wrap_up_asked_for_before_a_restart_is_still_the_last_turn_after_it() -> None:
    given = assignment(limits=replace(LIMITS, usd=Decimal("1.00")))

    async with stage(by_turn(*(work(n) for n in range(9)))) as at:
        await at.converse(given)
        at.journal.forget(given.session, len(at.journal.rows[given.session]) - 1)
        end = await at.converse(given)

    assert end.outcome is StepOutcome.OVER_BUDGET
    assert end.turns == 3
    assert asked_to_wrap_up(at.server.sent[-1])
