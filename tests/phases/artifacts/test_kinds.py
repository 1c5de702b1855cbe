"""What every kind of artifact must be: its headings, its size, and nothing hidden in it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phases.core.artifacts import KINDS, UnknownArtifactError, kind_of, refusals
from tests.phases.artifacts.documents import FACTS, VALID, only_refusal


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


def test_many_faults_are_counted_and_not_all_told() -> None:
    facts = replace(FACTS, requirements=tuple(f"R{n}" for n in range(1, 40)))

    found = refusals("test-plan.md", VALID["test-plan.md"], facts)

    assert len(found) == 21
    assert "17 more" in found[-1]


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=200))
def test_any_text_at_all_is_judged(name: str, text: str) -> None:
    assert refusals(name, text, FACTS)
