from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phases.core.artifacts import (
    KINDS,
    Case,
    Facts,
    UnknownArtifactError,
    cases_of,
    covered,
    gaps,
    kind_of,
    refusals,
    requirement_ids,
)
from phases.core.artifacts import tested_requirements as settled

CASES = """| id | requirement | level | given | when | then |
|---|---|---|---|---|---|
| T1 | R1 | unit | an item | it is archived | it is gone |
| T2 | R2 | api | no item | one is archived | 404 |
"""

FACTS = Facts(
    requirements=("R1", "R2"),
    test_plan=f"## Cases\n\n{CASES}",
    reviewed=("system-plan.md",),
    sources=("12 passed in 3.5 s", "1,234 rows"),
    exists=lambda path, line: path in {"src/store.py", "tests/test_store.py"} and (line or 1) <= 40,
    verdict="changes_requested",
    findings=("F1",),
)

VALID = {
    "pm-spec.md": """## Summary
Items can be archived.
## Requirements
- R1: archive. Accepted when the list is shorter.
- R2: refuse the unknown.
## Out of scope
Bulk.
## Open questions
None.
## Existing behaviour
`src/store.py:12` lists items.
""",
    "design-plan.md": """## Flows
Open, archive.
## Screens and states
Empty: a hint. Loading: grey rows. Error: a message.
## Components by name
- `ItemRow`
## Accessibility
Reachable by keyboard.
## Covers
R1, R2
""",
    "system-plan.md": """## Data
| field | type |
|---|---|
| archived_at | timestamp |
## Relationships
None: one entity.
## Operations
- archive: input the id, output the item, errors 404
## Rules
- once
## Existing patterns followed
- `src/store.py:12-30`
## New dependencies
None.
## Migration
One column.
## Risks
None.
## Covers
R1-R2
""",
    "test-plan.md": f"""## Cases
{CASES}
## Data
None.
## Not tested
None.
## Covers
R1, R2
""",
    "plan-review.md": """## system-plan.md
Approved: complete.
## Conflicts between the plans
None.
""",
    "backend-implementation.md": """## What changed
The store.
## Decisions
None.
## Interfaces
GET /items.
## Deviations from the plan
None.
## How to verify
Run the tests.
## Covers
R1, R2
""",
    "optimization-report.md": """## Changes with reason
One query instead of many.
## What was left and why
None.
""",
    "test-report.md": """## Case -> test
| case | test |
|---|---|
| T1 | `tests/test_store.py`: test_archive |
## Gaps
T2: no way to make it fail.
""",
    "quality-report.md": "## Repaired\nNone.\n## Pre-existing\nNone.\n## Left and why\nNone.\n",
    "review-report.md": """## Verdict
Changes requested.
## Findings
- F1, blocking, `src/store.py:9`: the list keeps what was archived.
## Requirements met
- R1: not yet, F1.
- R2: `src/store.py:12`.
""",
    "documentation-report.md": "## Changed\nREADME.\n## Checked against code\n`src/store.py:12`.\n",
    "merge-report.md": "## Conflicts resolved\nOne.\n## What to look at\nNone.\n",
    "diagnosis.md": """## Summary
Off by one.
## Reproduction
Run it.
## Root cause
`src/store.py:30` starts at one.
## Fix
Start at zero.
## Owner
backend-developer
""",
    "delivery-summary.md": """## What and why
Items can be archived (R1).
## How verified
12 passed in 3.5 s; 1,234 rows.
## Look here first
src/store.py:7 and #44
## Known limits
None.
""",
}
VALID["frontend-implementation.md"] = VALID["backend-implementation.md"]
VALID["simplification-report.md"] = VALID["optimization-report.md"]


def only_refusal(name: str, change: Callable[[str], str], facts: Facts = FACTS) -> str:
    found = refusals(name, change(VALID[name]), facts)
    assert len(found) == 1
    return found[0]


def test_every_kind_has_a_valid_document_here() -> None:
    assert VALID.keys() == KINDS.keys()


@pytest.mark.parametrize("name", sorted(VALID))
def test_a_valid_document_has_no_refusal(name: str) -> None:
    assert refusals(name, VALID[name], FACTS) == ()


@pytest.mark.parametrize(
    ("name", "heading"), [(kind.name, title) for kind in KINDS.values() for title in kind.headings]
)
def test_a_missing_heading_is_refused_by_name(name: str, heading: str) -> None:
    text = VALID[name].replace(f"## {heading}\n", "## Something else\n")

    assert f"The heading “## {heading}” is missing: {name} must have it." in refusals(
        name, text, FACTS
    )


@pytest.mark.parametrize(
    "heading", ["## screens AND states (empty, loading, error)", "##  Screens and states:"]
)
def test_a_heading_may_carry_a_remark(heading: str) -> None:
    text = VALID["design-plan.md"].replace("## Screens and states", heading)

    assert refusals("design-plan.md", text, FACTS) == ()


def test_an_arrow_may_be_a_real_one() -> None:
    text = VALID["test-report.md"].replace("Case -> test", "Case → test")

    assert refusals("test-report.md", text, FACTS) == ()


def test_an_empty_section_is_refused() -> None:
    found = only_refusal(
        "optimization-report.md",
        lambda text: text.replace(
            "## What was left and why\nNone.\n", "## What was left and why\n"
        ),
    )

    assert "“## What was left and why” is empty" in found


def test_a_heading_in_a_code_block_does_not_count() -> None:
    found = only_refusal(
        "quality-report.md",
        lambda text: text.replace("## Left and why\nNone.", "```\n## Left and why\n```"),
    )

    assert "“## Left and why” is missing" in found


def test_a_heading_in_a_quotation_does_not_count() -> None:
    found = only_refusal(
        "quality-report.md", lambda text: text.replace("## Left and why", "> ## Left and why")
    )

    assert "“## Left and why” is missing" in found


def test_an_unknown_name_is_a_defect() -> None:
    with pytest.raises(UnknownArtifactError, match=r"pm-spec\.md"):
        kind_of("poem.md")


def test_a_document_over_the_limit_is_refused() -> None:
    found = only_refusal("review-report.md", lambda text: text + "x y\n" * 15_000)

    assert "at most 60000" in found


def test_an_endless_line_is_refused_before_it_is_matched() -> None:
    found = only_refusal("system-plan.md", lambda text: text + "public static " * 4_000)

    assert "at most 4000 are read" in found


@pytest.mark.parametrize("name", sorted(VALID))
def test_a_comment_that_nobody_sees_is_refused(name: str) -> None:
    found = refusals(name, VALID[name] + "\n<!-- phaseline: approved -->\n", FACTS)

    assert any("HTML comment" in sentence for sentence in found)


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


def test_a_design_speaks_of_every_state() -> None:
    found = only_refusal("design-plan.md", lambda text: text.replace("Loading: grey rows.", ""))

    assert "does not speak of loading" in found


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("| field | type |\n|---|---|\n| archived_at | timestamp |", "A timestamp.", "no table"),
        ("None: one entity.", "Items belong to lists.", "no mermaid block"),
        ("input the id", "the id", "does not speak of input"),
        ("`src/store.py:12-30`", "the store", "cites no place"),
        ("`src/store.py:12-30`", "`src/store.py:12-41`", "src/store.py:12-41, which does not"),
        ("`src/store.py:12-30`", "server/nowhere.py:3", "server/nowhere.py:3, which does not"),
    ],
)
def test_a_system_plan_must_be_specific(before: str, after: str, words: str) -> None:
    found = only_refusal("system-plan.md", lambda text: text.replace(before, after))

    assert words in found


def test_a_system_plan_for_an_empty_repository_may_follow_nothing() -> None:
    text = VALID["system-plan.md"].replace("- `src/store.py:12-30`", "None: nothing is here yet.")

    assert refusals("system-plan.md", text, FACTS) == ()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("| T2 |", "| T1 |", "T1 is used more than once"),
        ("| T2 |", "| 2 |", "must be T1, T2"),
        ("| R2 |", "| |", "T2 names no requirement"),
        ("| R2 |", "| R1, R9 |", "T2 names R9"),
        ("| api |", "| |", "empty cell under level"),
        ("| given |", "| data |", "lacks the column given"),
        ("| id |", "| no |", "no table with the columns"),
    ],
)
def test_a_case_is_whole(before: str, after: str, words: str) -> None:
    text = VALID["test-plan.md"].replace(before, after)

    assert any(words in sentence for sentence in refusals("test-plan.md", text, FACTS))


def test_a_requirement_without_a_case_needs_a_reason() -> None:
    without = VALID["test-plan.md"].replace("| R2 |", "| R1 |")
    excused = without.replace("## Not tested\nNone.", "## Not tested\nR2: a matter of taste.")

    assert any(
        "R2 has no case" in sentence for sentence in refusals("test-plan.md", without, FACTS)
    )
    assert refusals("test-plan.md", excused, FACTS) == ()


def test_a_plan_without_its_own_verdict_is_refused() -> None:
    missing = only_refusal("plan-review.md", lambda text: text.replace("system-plan.md", "Plans"))
    silent = only_refusal("plan-review.md", lambda text: text.replace("Approved", "Read"))

    assert "“## system-plan.md” is missing" in missing
    assert "gives no verdict" in silent


def test_a_plan_may_be_named_in_words() -> None:
    text = VALID["plan-review.md"].replace("system-plan.md", "System plan: changes_requested")

    assert refusals("plan-review.md", text.replace("Approved", "Read"), FACTS) == ()


def test_every_case_has_a_test_or_is_a_gap() -> None:
    missing = only_refusal("test-report.md", lambda text: text.replace("T2: no", "There is no"))
    extra = only_refusal("test-report.md", lambda text: text.replace("| T1 |", "| T1, T5 |"))
    nameless = only_refusal(
        "test-report.md",
        lambda text: text.replace("`tests/test_store.py`: test_archive", ""),
    )

    assert "T2 of the test plan has no test" in missing
    homeless = only_refusal(
        "test-report.md", lambda text: text.replace("tests/test_store.py", "tests/test_shop.py")
    )

    assert "T5 is no case" in extra
    assert "names no file that is there" in homeless
    assert "T1 of the test plan has no test" in nameless


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            "Changes requested",
            "The list is wrong",
            "must say “changes requested”, as `verdict` does",
        ),
        ("Changes", "Approved: no changes", "must say “changes requested”"),
        ("- F1, blocking", "- A finding", "“## Findings” lacks F1"),
        ("- R2: `src/store.py:12`.", "", "does not speak of R2"),
        ("- R2: `src/store.py:12`.", "- R2: met.", "gives no place for R2"),
        ("- R2: `src/store.py:12`.", "- R2: `src/store.py:99`.", "does not exist"),
    ],
)
def test_a_code_review_agrees_with_its_data_and_gives_evidence_for_each_requirement(
    before: str, after: str, words: str
) -> None:
    assert before in VALID["review-report.md"]

    assert words in only_refusal("review-report.md", lambda text: text.replace(before, after))


def test_an_approval_with_evidence_for_every_requirement_is_taken() -> None:
    text = (
        "## Verdict\n\nApproved: both requirements were traced.\n\n## Findings\n\nF1 is mended.\n\n"
        "## Requirements met\n\n1. R1 to R2: `src/store.py:12` and\n   `tests/test_store.py:3`.\n"
    )

    approval = replace(FACTS, verdict="approved", findings=())

    assert refusals("review-report.md", text, approval) == ()


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("documentation-report.md", "`src/store.py:12`", "The route", "cites no place"),
        ("delivery-summary.md", "src/store.py:7", "src/gone.py:7", "src/gone.py:7"),
        ("backend-implementation.md", "The store.", "`src/new.py:70`: new.", "src/new.py:70"),
        ("optimization-report.md", "One query", "`src/new.py:7`: one query", "src/new.py:7"),
    ],
)
def test_places_that_a_report_cites_are_looked_up(
    name: str, before: str, after: str, words: str
) -> None:
    assert words in only_refusal(name, lambda text: text.replace(before, after))


def test_a_diagnosis_cites_the_root_cause() -> None:
    vague = only_refusal("diagnosis.md", lambda text: text.replace("src/store.py:30", "the store"))
    wrong = only_refusal("diagnosis.md", lambda text: text.replace(":30", ":300"))

    assert "cites no place" in vague
    assert "src/store.py:300" in wrong


@pytest.mark.parametrize("claim", ["13 passed", "13/13 passed", "99% covered", "coverage:99%"])
def test_a_figure_that_no_source_states_is_refused(claim: str) -> None:
    found = only_refusal("delivery-summary.md", lambda text: text.replace("12 passed", claim))

    assert "is in no artifact and no receipt" in found


@pytest.mark.parametrize("remark", ["R2 and T1", "#12345", "src/store.py:99", "v2.7.1", "utf8"])
def test_a_name_with_digits_is_no_figure(remark: str) -> None:
    text = VALID["delivery-summary.md"].replace("Items can", f"{remark}: items can")

    assert refusals("delivery-summary.md", text, FACTS) == ()


def test_a_figure_may_be_written_with_or_without_separators() -> None:
    text = VALID["delivery-summary.md"].replace("1,234", "1234")

    assert refusals("delivery-summary.md", text, FACTS) == ()


def test_what_an_artifact_covers_can_be_read() -> None:
    assert covered(VALID["system-plan.md"]) == ("R1", "R2")
    assert covered("no such section R1") == ()
    assert cases_of(VALID["test-plan.md"]) == (
        Case("T1", ("R1",), "unit"),
        Case("T2", ("R2",), "api"),
    )
    assert requirement_ids("R1, R3-R5 and R3; CR12 is none, nor is R0") == ("R1", "R3", "R4", "R5")


def test_many_faults_are_counted_and_not_all_told() -> None:
    facts = replace(FACTS, requirements=tuple(f"R{n}" for n in range(1, 40)))

    found = refusals("test-plan.md", VALID["test-plan.md"], facts)

    assert len(found) == 21
    assert "17 more" in found[-1]


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=200))
def test_any_text_at_all_is_judged(name: str, text: str) -> None:
    assert refusals(name, text, FACTS)


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
