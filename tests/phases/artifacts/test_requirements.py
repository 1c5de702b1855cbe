"""Requirements in the artifacts: named, covered, settled by a test, or left with a reason."""

import pytest

from phases.core.artifacts import Case, cases_of, covered, gaps, refusals, requirement_ids
from phases.core.artifacts import tested_requirements as settled
from tests.phases.artifacts.documents import FACTS, VALID, only_refusal


@pytest.mark.parametrize("name", ["design-plan.md", "system-plan.md", "backend-implementation.md"])
def test_a_requirement_that_the_spec_does_not_have_is_refused(name: str) -> None:
    found = only_refusal(name, lambda text: text + "R7\n")

    assert "R7, which the spec does not have. It has: R1, R2." in found


def test_covers_without_an_id_is_refused() -> None:
    found = only_refusal("design-plan.md", lambda text: text.replace("R1, R2", "everything"))

    assert "names no requirement" in found


def test_the_spec_and_its_data_must_agree() -> None:
    missing = only_refusal("pm-spec.md", lambda text: text.replace("- R2: refuse the unknown.", ""))
    extra = only_refusal("pm-spec.md", lambda text: text.replace("- R2:", "- R3:\n- R2:"))

    assert "lacks R2" in missing
    assert "has R3" in extra


def test_a_requirement_without_a_case_needs_a_reason() -> None:
    without = VALID["test-plan.md"].replace("| R2 |", "| R1 |")
    excused = without.replace("## Not tested\nNone.", "## Not tested\nR2: a matter of taste.")

    assert any(
        "R2 has no case" in sentence for sentence in refusals("test-plan.md", without, FACTS)
    )
    assert refusals("test-plan.md", excused, FACTS) == ()


def test_what_an_artifact_covers_can_be_read() -> None:
    assert covered(VALID["system-plan.md"]) == ("R1", "R2")
    assert covered("no such section R1") == ()
    assert cases_of(VALID["test-plan.md"]) == (
        Case("T1", ("R1",), "unit"),
        Case("T2", ("R2",), "api"),
    )
    assert requirement_ids("R1, R3-R5 and R3; CR12 is none, nor is R0") == ("R1", "R3", "R4", "R5")


def test_a_requirement_is_settled_by_a_test_a_gap_or_a_reason_in_the_plan() -> None:
    plan = VALID["test-plan.md"].replace("| T2 | R2 |", "| T2 | R2, R3 |")
    untold = VALID["test-report.md"].replace("T2: no way to make it fail.", "None.")
    left = plan.replace("## Not tested\nNone.", "## Not tested\nR4: a matter of taste.")

    assert settled(plan, VALID["test-report.md"]) == {"R1", "R2", "R3"}
    assert settled(plan, untold) == {"R1"}
    assert settled(left, untold) == {"R1", "R4"}
    assert settled(plan, untold.replace("None.", "R2: needs a clock.")) == {"R1", "R2"}


def test_gaps_are_told_line_by_line() -> None:
    assert gaps(VALID["test-report.md"]) == ("T2: no way to make it fail.",)
    assert gaps("## Gaps\n\n- T2: slow\n- R1: taste\n") == ("T2: slow", "R1: taste")
    assert gaps("## Gaps\nNone.\n") == ()
    assert gaps("no such section") == ()
