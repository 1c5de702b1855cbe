"""The commit message of a submission says what was done, and does nothing else."""

import pytest

from phases.core.submission import parse
from tests.phases.submissions import COMMIT, faults_of, submitted


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
