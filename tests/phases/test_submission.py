"""What is handed in by `submit` is read into dataclasses, or refused in sentences."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phases.core.submission import (
    SUBMIT_SCHEMA,
    CommitMessage,
    Outcome,
    Requirement,
    Severity,
    Submission,
    SubmissionError,
    from_json,
    parse,
    to_json,
)
from tests.phases.submissions import COMMIT, DIAGNOSIS, FINDING, REVIEW, faults_of, submitted


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
