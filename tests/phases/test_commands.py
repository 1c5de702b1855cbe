"""Every command in every state of a run, and what its refusals say."""

import pytest

from phases.core.command import Word
from phases.core.decisions import (
    Answer,
    Cancel,
    Decision,
    Heed,
    Pause,
    Raise,
    React,
    Refuse,
    Resume,
)
from phases.core.machine import RunState, may_move
from phases.core.model import Role
from phases.intake import decide
from tests.phases.standings import STANDINGS, S, record, say, told

WORDS = (
    "status",
    "approve",
    "revise",
    "retry",
    "skip",
    "pause",
    "resume",
    "cancel",
    "help",
    "budget",
)
ARGUMENTS = {"revise": "one table", "skip": "architect", "budget": "30"}
#              status  approve revise  retry   skip    pause   resume  cancel  help    budget
TABLE: dict[str, tuple[type[Decision], ...]] = {
    "queued": (Answer, Refuse, Refuse, Refuse, Heed, Pause, Refuse, Cancel, Answer, Raise),
    "running": (Answer, Refuse, Refuse, Refuse, Heed, Pause, Refuse, Cancel, Answer, Raise),
    "waiting": (Answer, Refuse, Resume, Resume, Resume, Pause, Refuse, Cancel, Answer, Raise),
    "approval": (Answer, Resume, Resume, Refuse, Heed, Refuse, Refuse, Cancel, Answer, Raise),
    "paused": (Answer, Refuse, Resume, Refuse, Heed, React, Resume, Cancel, Answer, Raise),
    "blocked": (Answer, Refuse, Resume, Resume, Resume, Refuse, Refuse, Cancel, Answer, Raise),
    "failed": (Answer, Refuse, Resume, Resume, Resume, Refuse, Refuse, Cancel, Answer, Raise),
    "ready": (Answer, Refuse, Refuse, Refuse, Refuse, Refuse, Refuse, Refuse, Answer, Refuse),
    "cancelled": (Answer, Refuse, Refuse, Refuse, Refuse, Refuse, Resume, React, Answer, Refuse),
    "closed": (Answer, Refuse, Refuse, Refuse, Refuse, Refuse, Refuse, Refuse, Answer, Refuse),
}
CASES = [
    (standing, word, row[column])
    for standing, row in TABLE.items()
    for column, word in enumerate(WORDS)
]


def test_the_table_has_every_word_and_every_standing() -> None:
    assert set(WORDS) == set(Word)
    assert set(TABLE) == set(STANDINGS)
    assert {state for state, _ in STANDINGS.values()} == set(RunState)


@pytest.mark.parametrize(("standing", "word", "expected"), CASES)
def test_every_command_in_every_state_leads_where_the_table_says(
    standing: str, word: str, expected: type[Decision]
) -> None:
    decision = decide(say(word, ARGUMENTS.get(word, "")), record(standing), Role.WRITE)

    assert type(decision) is expected


@pytest.mark.parametrize(("standing", "word", "_expected"), CASES)
def test_no_command_asks_for_a_move_that_the_machine_does_not_know(
    standing: str, word: str, _expected: type[Decision]
) -> None:
    aims = {Resume: S.RUNNING, Cancel: S.CANCELLED, Pause: S.WAITING}
    met = record(standing)

    decision = decide(say(word, ARGUMENTS.get(word, "")), met, Role.ADMIN)

    aim = aims.get(type(decision))
    # One that waits for the clock goes on waiting, for a person.
    assert aim is None or may_move(met.run.state, aim) or met.run.state is aim is S.WAITING


@pytest.mark.parametrize(
    "word", ["status", "approve", "revise", "retry", "skip", "pause", "resume", "cancel", "budget"]
)
def test_a_command_without_a_run_says_that_the_label_starts_one(word: str) -> None:
    sentence = told(decide(say(word, "architect"), None, Role.WRITE))

    assert f"`/phaseline {word}` needs a run" in sentence
    assert "label starts one" in sentence


@pytest.mark.parametrize("standing", STANDINGS)
def test_a_refusal_says_how_the_run_stands(standing: str) -> None:
    standings = {
        "queued": "it waits for a worker",
        "running": "the team is at work",
        "waiting": "it waits, and goes on by itself",
        "paused": "it is paused",
        "blocked": "it is blocked",
        "failed": "it failed",
        "ready": "its pull request is ready for review",
        "cancelled": "it was cancelled",
        "closed": "it is closed",
    }
    word, told_of = "approve", standings.get(standing)
    if standing == "approval":
        word, told_of = "pause", "its plans wait for approval"

    assert f": {told_of}." in told(decide(say(word), record(standing), Role.WRITE))


def test_what_is_no_command_is_answered_with_those_that_are() -> None:
    decision = decide(say("frobnicate"), record("running"), Role.WRITE)

    assert isinstance(decision, Refuse)
    assert "not a command" in decision.text
    assert all(f"`/phaseline {word}" in decision.text for word in Word)


def test_an_order_says_who_gave_it() -> None:
    paused = decide(say("pause"), record("running"), Role.WRITE)

    assert isinstance(paused, Pause)
    assert paused.why == "maintainer asked for it by `/phaseline pause`"
