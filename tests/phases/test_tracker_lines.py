"""Single lines of the tracker: their signs, their figures, and what others wrote in them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from phases.core.machine import RunState
from phases.core.model import StepOutcome
from phases.core.receipts import CheckStatus
from phases.core.record import Note, Record
from phases.core.submission import Weight
from phases.core.tracker import tracker
from tests.phases.recorded import BUILT, CHECKED, PHASES, SPEC, at, run, shown, work


@pytest.mark.parametrize(
    "hostile",
    ["@everyone look", "fixes #1", "<img src=x>", "![x](https://e.invalid/)", "a\u202eb"],
)
def test_text_of_others_has_no_effect_in_the_tracker(hostile: str) -> None:
    noted = replace(SPEC, notes=(Note(at(3), f"Sent back: {hostile}"),))

    text = shown(RunState.BLOCKED, noted, reason=hostile)

    assert hostile not in text


def test_no_line_of_the_tracker_is_a_command_of_another_bot() -> None:
    text = shown(RunState.CANCELLED, SPEC, reason="/merge\n\n/close")

    assert not any(line.startswith("/") and line[1:2].isalpha() for line in text.split("\n"))


def test_a_cell_of_the_tables_holds_its_text_in_one_line() -> None:
    noted = replace(SPEC, notes=(Note(at(3), "one\n| two | three |\n\n# four"),))

    rows = [line for line in shown(RunState.RUNNING, noted).split("\n") if "two" in line]

    assert len(rows) == 1
    assert rows[0].count(" | ") == 5


def test_checks_that_found_failures_look_red_though_their_work_is_done() -> None:
    (green,) = CHECKED.receipts
    red = replace(CHECKED, receipts=(replace(green, status=CheckStatus.FAILED),))

    assert "| ❌ | Run every check on the head commit |" in shown(RunState.RUNNING, red)
    assert "| ✅ | Run every check on the head commit |" in shown(RunState.RUNNING, CHECKED)


def test_what_happens_next_is_no_part_of_the_notes() -> None:
    record = Record(run(RunState.RUNNING), notes=(Note(at(5), "The issue was edited."),))

    assert "The issue was edited.\n\n**What happens next:**" in tracker(record, PHASES)


@pytest.mark.parametrize(
    ("state", "sign"),
    [(RunState.RUNNING, "🔵"), (RunState.WAITING, "🟡"), (RunState.CANCELLED, "⚪")],
)
def test_what_was_begun_is_at_work_only_while_the_run_is(state: RunState, sign: str) -> None:
    begun = work("implementation/backend-developer/1", "Build the back end", 130)

    assert f"| {sign} | Build the back end |" in shown(state, begun)


def test_a_weight_that_the_specification_names_is_its_opinion() -> None:
    assert SPEC.submission
    judged = replace(SPEC, submission=replace(SPEC.submission, weight=Weight.LIGHT))

    text = shown(RunState.RUNNING, judged)

    assert "**Weight** standard; the specification calls the change light\n" in text


@pytest.mark.parametrize(("limit", "offered"), [(15, False), (1, True)])
def test_a_run_that_is_short_of_money_names_what_raises_its_limit(
    limit: int, *, offered: bool
) -> None:
    text = shown(RunState.BLOCKED, BUILT, reason="It stopped.", limit_usd=Decimal(limit))

    assert ("`/phaseline budget <usd>` to let the run spend more and go on, or" in text) is offered


def test_what_took_no_second_took_less_than_one() -> None:
    assert "| <1 s |" in shown(RunState.RUNNING, work("planning/architect/1", "Plan", 5, 5))


def test_a_long_reason_is_clipped_with_a_sign_that_it_was() -> None:
    failed = replace(BUILT, outcome=StepOutcome.INFRA_ERROR, reason="x" * 500, artifact=None)

    assert f"infra error: {'x' * 399}… |" in shown(RunState.BLOCKED, replace(failed, notes=()))
