from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phases.core.submission import (
    SUBMIT_SCHEMA,
    CommitMessage,
    Demand,
    Outcome,
    Requirement,
    Severity,
    Submission,
    SubmissionError,
    Verdict,
    from_json,
    parse,
    to_json,
    unmet,
    unreviewed,
)

COMMIT = {
    "type": "feat",
    "scope": "api",
    "subject": "list archived items",
    "body": "They were lost.",
}
FINDING = {
    "id": "F1",
    "severity": "blocking",
    "file": "src/store.py",
    "line": 12,
    "title": "The lock is never released",
    "detail": "An exception between acquire and release leaves it held.",
    "suggestion": "Release it in a finally clause.",
}
REVIEW = {"artifact": "test-plan.md", "verdict": "approved", "comments": "Complete."}
DIAGNOSIS = {
    "failure": "test_total",
    "cause": "The sum starts at one.",
    "file": "src/sum.py",
    "line": 3,
    "owner": "backend-developer",
    "fix": "Start at zero.",
}


def submitted(**properties: object) -> dict[str, Any]:
    return {"outcome": "done", "artifact": "# Report", "summary": "It is done.", **properties}


def faults_of(raw: object) -> tuple[str, ...]:
    with pytest.raises(SubmissionError) as refused:
        parse(raw)
    return refused.value.faults


def test_a_submission_with_everything_is_read_into_dataclasses() -> None:
    raw = submitted(
        requirements=[{"id": "R1", "text": "Items are listed.", "acceptance": ["Two are shown."]}],
        weight="standard",
        sides=["backend", "docs"],
        commit=COMMIT,
        verdict="changes_requested",
        reviews=[{"artifact": "test-plan.md", "verdict": "approved", "comments": "Complete."}],
        findings=[FINDING],
        refutations=[{"finding": "F1", "verdict": "stands", "evidence": "Run twice, held twice."}],
        diagnosis=[DIAGNOSIS],
        interfaces=[
            {
                "name": "GET /items",
                "kind": "endpoint",
                "signature": "-> list of Item",
                "file": "a.py",
            }
        ],
        decisions=[{"what": "Sort by date", "why": "The request says newest first."}],
        questions=["Is the limit per user?"],
        widen=[{"path": "src/other.py", "reason": "The caller is there."}],
    )

    submission = parse(raw)

    assert submission.requirements == (Requirement("R1", "Items are listed.", ("Two are shown.",)),)
    assert submission.commit == CommitMessage(
        "feat", "api", "list archived items", "They were lost."
    )
    assert submission.commit.text() == "feat(api): list archived items\n\nThey were lost.\n"
    assert submission.findings is not None
    assert submission.findings[0].severity is Severity.BLOCKING
    assert from_json(to_json(submission)) == submission


def test_absent_properties_count_as_null() -> None:
    submission = parse(submitted())

    assert submission == Submission(Outcome.DONE, "# Report", "It is done.")


def test_a_list_that_came_as_json_text_is_read_as_a_list() -> None:
    submission = parse(submitted(questions='["Which?"]', sides="null", summary='["kept"]'))

    assert submission.questions == ("Which?",)
    assert submission.sides is None
    assert submission.summary == '["kept"]'


def test_all_faults_are_told_at_once() -> None:
    raw = submitted(outcome="finished", weight="heavy", sides=["server"], surprise=1, summary=" ")

    faults = faults_of(raw)

    assert len(faults) == 5
    assert any("surprise" in fault for fault in faults)
    assert any("`outcome` must be one of done, no_change, blocked" in fault for fault in faults)


@pytest.mark.parametrize("raw", [None, [], "done", 3, True])
def test_what_is_no_object_is_refused(raw: object) -> None:
    faults = faults_of(raw)

    assert "`submit` must be an object" in faults[0]


@given(
    st.dictionaries(
        st.sampled_from(sorted(SUBMIT_SCHEMA["properties"])) | st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["id", "path", "file", "type", "line"]), inner)
            ),
            max_leaves=8,
        ),
    )
)
def test_whatever_comes_is_read_or_refused_in_sentences(raw: Mapping[str, object]) -> None:
    faults: tuple[str, ...] = ()
    submission = None
    try:
        submission = parse(raw)
    except SubmissionError as refused:
        faults = refused.faults

    assert bool(faults) is (submission is None)
    assert all(fault.startswith("`") and fault.endswith(".") for fault in faults)
    assert submission is None or from_json(to_json(submission)) == submission


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (submitted(artifact=""), "`artifact` is empty"),
        (submitted(artifact="x" * 60_001), "at most 60000"),
        (submitted(summary="a\x1b[31m"), "control character U+001B"),
        (submitted(summary="\ud800"), "control character U+D800"),
        (submitted(requirements="R1"), "`requirements` must be a list"),
        (submitted(requirements=[{"id": "1", "text": "t", "acceptance": ["a"]}]), "R1, R2"),
        (submitted(requirements=[{"id": "R1", "text": "t", "acceptance": []}]), "how one sees"),
        (
            submitted(requirements=[{"id": "R1", "text": "t", "acceptance": ["a"]}] * 2),
            "more than once",
        ),
        (submitted(findings=[FINDING] * 2), "`findings` uses the id F1 more than once"),
        (submitted(reviews=[REVIEW] * 2), "`reviews` uses the id test-plan.md more than once"),
        (submitted(findings=[FINDING] * 61), "61 entries"),
        (submitted(findings=[{**FINDING, "file": "/etc/passwd"}]), "without a leading slash"),
        (submitted(findings=[{**FINDING, "file": "../x"}]), "without `.`, `..`"),
        (submitted(findings=[{**FINDING, "file": "a//b"}]), "without `.`, `..`"),
        (submitted(findings=[{**FINDING, "file": "a\\b"}]), "forward slashes"),
        (submitted(findings=[{**FINDING, "file": ".GIT/config"}]), "git's own directory"),
        (submitted(findings=[{**FINDING, "file": "a\nb"}]), "control characters"),
        (submitted(findings=[{**FINDING, "file": "a/" * 200 + "b"}]), "more than 300"),
        (submitted(findings=[{**FINDING, "line": 0}]), "line number from 1"),
        (submitted(findings=[{**FINDING, "line": True}]), "line number from 1"),
        (submitted(findings=[{**FINDING, "title": "a\nb"}]), "keep it to one"),
        (submitted(findings=[{**FINDING, "severity": "critical"}]), "blocking, major, minor"),
        (submitted(diagnosis=[{**DIAGNOSIS, "owner": "architect"}]), "backend-developer"),
    ],
)
def test_a_fault_is_told_in_words_one_can_act_on(raw: object, words: str) -> None:
    faults = faults_of(raw)

    assert len(faults) == 1
    assert words in faults[0]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "feature"}, "`commit.type`"),
        ({"scope": "The API"}, "`commit.scope`"),
        ({"subject": "x" * 73}, "at most 72"),
        ({"subject": "one\ntwo"}, "keep it to one"),
        ({"subject": "list items."}, "full stop"),
        ({"subject": "feat(api): list items"}, "repeats the type"),
        ({"subject": "list items [skip ci]"}, "skip checks"),
        ({"body": "Fine.\n\n[CI SKIP]"}, "skip checks"),
        ({"body": "skip-checks: true"}, "skip checks"),
        ({"body": "This fixes #12."}, "closes an issue"),
        ({"body": "Closes: owner/name#3"}, "closes an issue"),
        ({"body": "resolves https://example.org/o/n/issues/3"}, "closes an issue"),
        ({"body": "Asked for by @maintainer."}, "mention"),
        ({"body": "Why.\n\nCo-authored-by: A <a@example.org>"}, "trailer"),
        ({"body": "Signed-off-by: A <a@example.org>"}, "trailer"),
        ({"body": "Generated with a tool"}, "trailer"),
    ],
)
def test_a_commit_message_that_does_more_than_say_is_refused(
    part: dict[str, str], words: str
) -> None:
    faults = faults_of(submitted(commit={**COMMIT, **part}))

    assert any(words in fault for fault in faults)


@pytest.mark.parametrize(
    "body",
    [
        "The address a@example.org is kept.",
        "BREAKING CHANGE: the field is gone.",
        "Fixes the order of the list; see src/@types/list.d.ts.",
        "Two cases:\n- empty: nothing is shown\n- long: cut",
    ],
)
def test_a_plain_commit_body_is_accepted(body: str) -> None:
    submission = parse(submitted(commit={**COMMIT, "body": body}))

    assert submission.commit is not None
    assert submission.commit.body == body


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


def test_the_schema_lists_every_property_as_required_and_constrains_nothing_else() -> None:
    def visit(schema: dict[str, Any]) -> None:
        assert set(schema) <= {
            *("type", "description", "properties", "required", "items", "additionalProperties")
        }
        if "properties" in schema:
            assert schema["required"] == list(schema["properties"])
            assert schema["additionalProperties"] is False
            for inner in schema["properties"].values():
                visit(inner)
        if "items" in schema:
            visit(schema["items"])

    visit(SUBMIT_SCHEMA)

    assert set(SUBMIT_SCHEMA["properties"]) == {*Submission.__dataclass_fields__}
