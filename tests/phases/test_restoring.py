"""What a note of the tracker calls a comment that people deleted."""

import pytest

from phases.restoring import deletion


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("tracker", "the tracker comment"),
        ("artifact/qa/code-reviewer/1/second", "a comment of code-reviewer"),
        ("receipts/qa", "the comment of the checks"),
    ],
)
def test_a_comment_is_called_by_what_people_see_of_it(key: str, name: str) -> None:
    restored = deletion(key, 0, "maintainer")

    assert restored
    assert restored.note == f"maintainer deleted {name}; it was written again."
