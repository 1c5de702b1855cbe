"""What a request is made of, and what comes too late for it."""

from datetime import timedelta
from typing import Any

import pytest

from app.github.answers import CommentAnswer, UserAnswer
from app.github.request import CUT, LONGEST_COMMENT, before
from tests.app.github.parts import START


def comment(body: str = "A thought.", **changes: Any) -> CommentAnswer:
    early = START - timedelta(minutes=5)
    values: dict[str, Any] = {
        "id": 1,
        "node_id": "IC_1",
        "html_url": "http://github.test/c/1",
        "body": body,
        "user": {"id": 20, "login": "reader", "type": "User"},
        "created_at": early,
        "updated_at": early,
    }
    return CommentAnswer.model_validate(values | changes)


def bodies(*comments: CommentAnswer) -> list[str]:
    return [taken.body for taken in before(comments, START)]


def test_a_persons_comment_before_the_label_is_part_of_the_request() -> None:
    taken = before([comment()], START)

    assert [(c.author, c.body) for c in taken] == [("reader", "A thought.")]


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": START + timedelta(seconds=1), "updated_at": START + timedelta(seconds=1)},
        {"updated_at": START + timedelta(days=3)},
        {"updated_at": START},
        {"created_at": START},
        {"created_at": START, "updated_at": START},
    ],
)
def test_what_was_written_or_edited_from_the_label_on_is_left_out(changes: dict[str, Any]) -> None:
    """Attacks 16 and 17."""
    assert bodies(comment(**changes), comment("Kept.")) == ["Kept."]


@pytest.mark.parametrize(
    "odd",
    [
        comment(user=UserAnswer(id=1, login="helper[bot]", type="Bot")),
        comment(performed_via_github_app={"id": 9}),
        comment("/phaseline retry"),
    ],
)
def test_bots_apps_and_commands_are_left_out(odd: CommentAnswer) -> None:
    assert bodies(odd) == []


def test_a_comment_of_somebody_who_is_gone_is_kept() -> None:
    assert before([comment(user=None)], START)[0].author == "ghost"


def test_of_many_comments_the_last_fifty_are_kept_in_their_order() -> None:
    many = [comment(f"{n}") for n in range(120)]

    assert bodies(*many) == [f"{n}" for n in range(70, 120)]


def test_a_long_comment_is_cut_and_says_so() -> None:
    (body,) = bodies(comment("x" * 70_000))

    assert body == "x" * LONGEST_COMMENT + CUT


def test_all_comments_together_are_capped_from_the_oldest_on() -> None:
    kept = bodies(*(comment(f"{n}" + "x" * 9_000) for n in range(9)))

    assert [body[0] for body in kept] == ["3", "4", "5", "6", "7", "8"]
