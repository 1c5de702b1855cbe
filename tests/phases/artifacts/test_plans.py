"""What the plans and the review of them must say to be taken."""

import pytest

from phases.core.artifacts import refusals
from tests.phases.artifacts.documents import FACTS, VALID, only_refusal


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


def test_a_plan_without_its_own_verdict_is_refused() -> None:
    missing = only_refusal("plan-review.md", lambda text: text.replace("system-plan.md", "Plans"))
    silent = only_refusal("plan-review.md", lambda text: text.replace("Approved", "Read"))

    assert "“## system-plan.md” is missing" in missing
    assert "gives no verdict" in silent


def test_a_plan_may_be_named_in_words() -> None:
    text = VALID["plan-review.md"].replace("system-plan.md", "System plan: changes_requested")

    assert refusals("plan-review.md", text.replace("Approved", "Read"), FACTS) == ()
