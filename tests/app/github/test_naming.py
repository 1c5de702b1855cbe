"""Names on GitHub, whatever a title holds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.naming import branch_of, opened_by, opening_message, slug_of
from tests.app.github.parts import a_run


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Add due dates!", "add-due-dates"),
        ("  Ünïcode  &  Co. ", "unicode-co"),
        ("--force ../../main @{-1} a..b", "force-main-1-a-b"),
        ("日本語", ""),
        ("a" * 60, "a" * 40),
        ("one two three four five six seven eight nine", "one-two-three-four-five-six-seven-eight"),
    ],
)
def test_a_slug_is_short_plain_and_cut_between_words(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@given(st.text(max_size=200))
def test_no_title_makes_an_odd_branch(title: str) -> None:
    """Attack 46."""
    branch = branch_of(a_run(), title)

    assert re.fullmatch(r"phaseline/3(-[a-z0-9]+)*", branch)
    assert len(slug_of(title)) <= 40


def test_later_runs_of_an_issue_have_branches_of_their_own() -> None:
    branches = [branch_of(a_run(number=number), "Add due dates") for number in (1, 2, 3)]

    assert branches == [
        "phaseline/3-add-due-dates",
        "phaseline/3-add-due-dates-2",
        "phaseline/3-add-due-dates-3",
    ]


def test_a_run_knows_its_own_first_commit_and_no_other() -> None:
    message = opening_message(a_run())

    assert opened_by(a_run(), message)
    assert not opened_by(a_run(id="r"), message)
    assert not opened_by(a_run(), "feat: mention Phaseline-Run: r1 in passing")
