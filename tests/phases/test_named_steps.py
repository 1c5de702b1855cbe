"""What a command means that names a step or a phase, to be done again or to be skipped."""

from dataclasses import replace

import pytest

from phases.commands import SKIPPABLE
from phases.core.command import Commanded, Word
from phases.core.decisions import React, Resume
from phases.core.model import Role, StepOutcome
from phases.core.record import Performed
from phases.intake import decide
from tests.phases.standings import record, say, told, work
from tests.phases.test_intake import ACTOR, WHEN


@pytest.mark.parametrize("what", ["architect", "planning", "Architect"])
def test_what_failed_is_tried_again_by_its_name_or_that_of_its_phase(what: str) -> None:
    met = record("blocked", work("planning/architect/1", StepOutcome.NO_OUTPUT))

    assert isinstance(decide(say("retry", what), met, Role.WRITE), Resume)


def test_what_was_accepted_is_done_again_with_what_hangs_on_it_and_no_more() -> None:
    met = record(
        "blocked",
        work("planning/architect/1", StepOutcome.DONE),
        work("planning/test-writer/1", StepOutcome.DONE),
        work("planning/baseline/1", StepOutcome.DONE),
        work("planning/product-manager/1", StepOutcome.DONE),
        work("implementation/backend-developer/1", StepOutcome.NO_OUTPUT),
    )

    decision = decide(say("retry", "Architect"), met, Role.WRITE)

    assert isinstance(decision, Resume)
    assert [str(name) for name in decision.again] == [
        "planning/architect/1",
        "planning/product-manager/1",
        "implementation/backend-developer/1",
    ]


def again(what: str, *works: Performed) -> list[str]:
    decision = decide(say("retry", what), record("paused", *works), Role.WRITE)
    assert isinstance(decision, Resume)
    return [str(name) for name in decision.again]


def test_a_phase_is_done_again_whole_and_all_behind_it() -> None:
    works = [
        work(name, StepOutcome.DONE)
        for name in (
            "planning/ui-designer/1",
            "planning/architect/1",
            "planning/baseline/1",
            "planning/product-manager/1",
            "implementation/backend-developer/1",
        )
    ]

    assert again("planning", *works) == [
        str(w.name) for w in works if "baseline" not in str(w.name)
    ]


def test_a_step_that_comes_twice_is_meant_where_it_was_done_last_and_repairs_are_not() -> None:
    works = [
        work(name, StepOutcome.DONE)
        for name in (
            "planning/test-writer/1",
            "planning/product-manager/1",
            "implementation/backend-developer/1",
            "implementation/code-optimizer/1",
            "qa/test-writer/1",
            "qa/checks/1",
            "qa/backend-developer/1",
            "qa/checks/2",
        )
    ]
    names = [str(w.name) for w in works]

    assert again("test-writer", *works) == names[4:]
    assert again("planning/test-writer", *works) == names
    assert again("backend-developer", *works) == names[2:]
    assert again("qa/backend-developer", *works) == names[6:]
    assert again("checks", *works) == names[7:]


def test_of_the_other_plans_the_latest_stays() -> None:
    works = [
        work(name, StepOutcome.DONE)
        for name in (
            "planning/architect/1",
            "planning/test-writer/1",
            "planning/product-manager/1",
            "planning/architect/2",
            "planning/product-manager/2",
        )
    ]

    assert again("test-writer", *works) == [
        "planning/architect/1",
        "planning/test-writer/1",
        "planning/product-manager/1",
        "planning/product-manager/2",
    ]


@pytest.mark.parametrize("what", ["draft", "freeze", "prepare", "baseline", "planning/baseline"])
def test_what_all_else_stands_on_is_done_once(what: str) -> None:
    met = record("blocked", work("planning/baseline/1", StepOutcome.DONE))

    sentence = told(decide(say("retry", what), met, Role.WRITE))

    assert "is done once for a run" in sentence


def test_what_was_left_out_is_not_done_again_and_a_run_at_work_is_to_be_paused_first() -> None:
    skipped = replace(work("planning/ui-designer/1", StepOutcome.SKIPPED), reason="No front end.")

    left_out = told(decide(say("retry", "ui-designer"), record("blocked", skipped), Role.WRITE))
    at_work = told(decide(say("retry", "ui-designer"), record("running", skipped), Role.WRITE))

    assert "was left out: No front end." in left_out
    assert "/phaseline pause" in at_work


def test_what_has_not_begun_or_does_not_exist_is_not_retried() -> None:
    met = record("blocked")

    assert "has not begun" in told(decide(say("retry", "qa"), met, Role.WRITE))
    unknown = told(decide(say("retry", "<img>@everyone"), met, Role.WRITE))
    assert "no such step" in unknown
    assert "everyone" not in unknown


@pytest.mark.parametrize(
    "what", ["", "backend-developer", "test-writer", "checks", "code-reviewer", "project-manager"]
)
def test_what_gates_are_made_of_cannot_be_skipped(what: str) -> None:
    sentence = told(decide(say("skip", what), record("blocked"), Role.WRITE))

    assert all(f"`{agent}`" in sentence for agent in SKIPPABLE)


def test_a_step_that_has_ended_cannot_be_skipped() -> None:
    met = record("blocked", work("planning/architect/1", StepOutcome.DONE))

    assert "has ended already" in told(decide(say("skip", "architect"), met, Role.WRITE))


def test_a_step_that_is_waived_already_is_not_waived_twice() -> None:
    waiver = Commanded(Word.SKIP, "architect", ACTOR, WHEN)
    met = replace(record("blocked"), commands=(waiver,))

    assert decide(say("skip", "architect"), met, Role.WRITE) == React("+1")
