"""What a step demands of a submission, and what a submission still owes it."""

import pytest

from phases.core.submission import Demand, Verdict, parse, unmet, unreviewed
from tests.phases.submissions import COMMIT, FINDING, faults_of, submitted


def test_a_blocked_submission_owes_its_reason_and_nothing_else() -> None:
    submission = parse({"outcome": "blocked", "artifact": None, "summary": "No schema is given."})

    owed = unmet(submission, frozenset(Demand))

    assert owed == ()
    assert faults_of({"outcome": "blocked", "artifact": None, "summary": ""})


def test_a_demanded_field_that_is_null_is_named() -> None:
    owed = unmet(parse(submitted()), frozenset({Demand.REQUIREMENTS, Demand.WEIGHT, Demand.COMMIT}))

    assert [sentence.split("`")[1] for sentence in owed] == ["commit", "requirements", "weight"]


def test_no_findings_is_an_answer_and_no_requirements_is_none() -> None:
    submission = parse(submitted(findings=[], requirements=[]))

    owed = unmet(submission, frozenset({Demand.FINDINGS, Demand.REQUIREMENTS}))

    assert len(owed) == 1
    assert "`requirements` is empty" in owed[0]


def test_no_change_is_for_steps_that_know_it() -> None:
    unchanged = parse(submitted(outcome="no_change"))

    assert unmet(unchanged, frozenset({Demand.COMMIT_OR_NO_CHANGE})) == ()
    assert "does not know" in unmet(unchanged, frozenset({Demand.COMMIT}))[0]
    assert "does not know" in unmet(unchanged, frozenset())[0]


def test_no_change_with_a_commit_is_a_contradiction() -> None:
    submission = parse(submitted(outcome="no_change", commit=COMMIT))

    owed = unmet(submission, frozenset({Demand.COMMIT_OR_NO_CHANGE}))

    assert "set `commit` to null" in owed[0]


def test_a_change_without_a_commit_is_owed_where_no_change_was_possible() -> None:
    owed = unmet(parse(submitted()), frozenset({Demand.COMMIT_OR_NO_CHANGE}))

    assert "ends in a commit" in owed[0]


@pytest.mark.parametrize(
    ("verdict", "severity", "contradicts"),
    [
        ("approved", "minor", False),
        ("approved", "blocking", True),
        ("changes_requested", "major", True),
        ("changes_requested", "blocking", False),
    ],
)
def test_the_verdict_follows_from_the_findings(
    verdict: str, severity: str, contradicts: bool
) -> None:
    submission = parse(submitted(verdict=verdict, findings=[{**FINDING, "severity": severity}]))

    owed = unmet(submission, frozenset({Demand.VERDICT, Demand.FINDINGS}))

    assert bool(owed) is contradicts


@pytest.mark.parametrize(
    ("verdict", "of_the_plan", "contradicts"),
    [
        (Verdict.APPROVED, Verdict.APPROVED, False),
        (Verdict.APPROVED, Verdict.CHANGES_REQUESTED, True),
        (Verdict.CHANGES_REQUESTED, Verdict.APPROVED, True),
    ],
)
def test_the_verdict_follows_from_the_reviews(
    verdict: Verdict, of_the_plan: Verdict, contradicts: bool
) -> None:
    review = {"artifact": "test-plan.md", "verdict": of_the_plan.value, "comments": "Read."}
    submission = parse(submitted(verdict=verdict.value, reviews=[review]))

    owed = unmet(submission, frozenset({Demand.VERDICT, Demand.REVIEWS}))

    assert bool(owed) is contradicts


def test_every_plan_under_review_needs_a_review_and_no_other() -> None:
    review = {"artifact": "pm-spec.md", "verdict": "approved", "comments": "Read."}
    submission = parse(submitted(reviews=[review]))

    sentences = unreviewed(submission, ("system-plan.md",))

    assert "no entry for system-plan.md" in sentences[0]
    assert "names pm-spec.md" in sentences[1]
