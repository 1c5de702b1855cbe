"""What events lead to, for every state of a run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from phases.core.decisions import (
    Answer,
    Cancel,
    Close,
    Decision,
    Decline,
    Ignore,
    Raise,
    React,
    Refuse,
    Resume,
    Start,
)
from phases.core.events import Ended, Labelled, Said
from phases.core.help import COMMANDS
from phases.core.machine import OVER, RunState, may_move
from phases.core.model import Person, Repository, Request, Role, Run
from phases.core.record import Record
from phases.intake import MAY_COMMAND, decide

WHEN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
REPOSITORY = Repository(501, "acme", "shop", 7, "main")
ACTOR = Person(11, "maintainer")
S = RunState
MERGED = Ended(REPOSITORY, 8, True, True, ACTOR, WHEN)
PULL_CLOSED = Ended(REPOSITORY, 8, True, False, ACTOR, WHEN)
ISSUE_CLOSED = Ended(REPOSITORY, 3, False, False, ACTOR, WHEN)


def label(*, human: bool = True) -> Labelled:
    return Labelled(REPOSITORY, 3, ACTOR, human, "Title", "Body", "reader", WHEN)


def command(word: str, argument: str = "", *, human: bool = True) -> Said:
    return Said(REPOSITORY, 3, False, ACTOR, human, 77, word, argument, WHEN)


def a_run(state: RunState) -> Record:
    return Record(Run("r1", REPOSITORY, 3, 2, ACTOR, state, 1, WHEN, Decimal(15)))


#                 label   retry   cancel  issue   closed  merged
TABLE: dict[RunState, tuple[type[Decision], ...]] = {
    S.QUEUED: (Ignore, Refuse, Cancel, Cancel, Cancel, Cancel),
    S.RUNNING: (Ignore, Refuse, Cancel, Cancel, Cancel, Close),
    S.WAITING: (Resume, Resume, Cancel, Cancel, Cancel, Cancel),
    S.BLOCKED: (Resume, Resume, Cancel, Cancel, Cancel, Cancel),
    S.READY: (Start, Refuse, Refuse, Ignore, Close, Close),
    S.CANCELLED: (Start, Refuse, React, Ignore, Ignore, Ignore),
    S.FAILED: (Resume, Resume, Cancel, Cancel, Cancel, Cancel),
    S.CLOSED: (Start, Refuse, Refuse, Ignore, Ignore, Ignore),
}
EVENTS = (label(), command("retry"), command("cancel"), ISSUE_CLOSED, PULL_CLOSED, MERGED)
CASES = [
    (state, event, row[column])
    for state, row in TABLE.items()
    for column, event in enumerate(EVENTS)
]


def test_the_table_has_a_row_for_every_state() -> None:
    assert set(TABLE) == set(RunState)


@pytest.mark.parametrize("state", RunState)
def test_a_budget_is_raised_as_long_as_the_run_is_not_over(state: RunState) -> None:
    decision = decide(command("budget", "30"), a_run(state), Role.WRITE)

    assert type(decision) is (Refuse if state in OVER else Raise)


@pytest.mark.parametrize("argument", ["30", "$30", "30.00", "30 USD", " 30usd "])
def test_a_budget_is_an_amount_in_dollars(argument: str) -> None:
    met = a_run(S.BLOCKED)

    decision = decide(command("budget", argument), met, Role.WRITE)

    assert isinstance(decision, Raise)
    assert (decision.run, decision.usd) == (met.run, Decimal(30))


@pytest.mark.parametrize(
    "argument",
    ["", "15", "14.99", "1000.01", "9999", "-30", "1e3", "NaN", "٣٠", "30 EUR", "30.001"],
)
def test_a_budget_that_is_no_higher_amount_is_refused_with_the_present_one(argument: str) -> None:
    decision = decide(command("budget", argument), a_run(S.BLOCKED), Role.WRITE)

    assert isinstance(decision, Refuse)
    assert "15.00" in decision.text


@pytest.mark.parametrize(("state", "event", "expected"), CASES)
def test_every_event_in_every_state_leads_where_the_table_says(
    state: RunState, event: Labelled | Said | Ended, expected: type[Decision]
) -> None:
    assert type(decide(event, a_run(state), Role.WRITE)) is expected


@pytest.mark.parametrize(("state", "event", "_expected"), CASES)
def test_no_decision_asks_for_a_move_that_the_machine_does_not_know(
    state: RunState, event: Labelled | Said | Ended, _expected: type[Decision]
) -> None:
    aims = {Resume: S.RUNNING, Cancel: S.CANCELLED, Close: S.CLOSED}

    decision = decide(event, a_run(state), Role.ADMIN)

    aim = aims.get(type(decision))
    assert aim is None or may_move(state, aim)


def test_the_first_label_starts_run_one_and_a_later_one_counts_on() -> None:
    first = decide(label(), None, Role.MAINTAIN)
    later = decide(label(), a_run(S.CLOSED), Role.MAINTAIN)

    assert first == Start(label(), 1)
    assert later == Start(label(), 3)


@pytest.mark.parametrize("role", list(Role))
def test_only_write_maintain_and_admin_start_a_run(role: Role) -> None:
    """Attack 12."""
    decision = decide(label(), None, role)

    may = role in {Role.WRITE, Role.MAINTAIN, Role.ADMIN}
    assert isinstance(decision, Start if may else Refuse)


def test_a_refused_label_is_answered_once_per_person() -> None:
    """Attack 12: the key is the same however often the label is set."""
    once = decide(label(), None, Role.TRIAGE)
    again = decide(label(), a_run(S.BLOCKED), Role.READ)

    assert isinstance(once, Refuse)
    assert isinstance(again, Refuse)
    assert once.key == again.key
    assert "write" in once.text


@pytest.mark.parametrize("role", [Role.NONE, Role.READ, Role.TRIAGE])
@pytest.mark.parametrize("word", [*COMMANDS, "nonsense"])
def test_a_command_without_write_permission_moves_nothing_and_is_told_what_it_lacks(
    role: Role, word: str
) -> None:
    """Attack 13."""
    decision = decide(command(word), a_run(S.BLOCKED), role)

    assert isinstance(decision, Decline)
    assert MAY_COMMAND in decision.text


def test_where_there_is_no_run_a_strangers_command_gets_no_words() -> None:
    assert decide(command("status"), None, Role.READ) == Decline("")


@pytest.mark.parametrize("event", [label(human=False), command("cancel", human=False)])
@pytest.mark.parametrize("state", [None, *RunState])
def test_a_bot_moves_nothing_whatever_its_role(
    event: Labelled | Said, state: RunState | None
) -> None:
    """Attacks 14 and 21."""
    run = None if state is None else a_run(state)

    assert isinstance(decide(event, run, Role.ADMIN), Ignore)


def test_help_is_answered_with_the_commands_that_work() -> None:
    decision = decide(command("help"), None, Role.WRITE)

    assert isinstance(decision, Answer)
    assert all(f"`/phaseline {word}" in decision.text for word in COMMANDS)


@pytest.mark.parametrize("word", ["deploy", "approved"])
def test_a_command_that_does_not_work_is_refused_with_those_that_do(word: str) -> None:
    decision = decide(command(word), a_run(S.BLOCKED), Role.WRITE)

    assert isinstance(decision, Refuse)
    assert "`/phaseline retry" in decision.text
    assert decision.key == "reply/77"


def test_an_unknown_command_is_not_repeated_in_the_answer() -> None:
    decision = decide(command("<img/src=x>@everyone"), None, Role.WRITE)

    assert isinstance(decision, Refuse)
    assert "everyone" not in decision.text


@pytest.mark.parametrize("word", ["retry", "cancel", "budget"])
def test_a_command_without_a_run_is_refused(word: str) -> None:
    assert isinstance(decide(command(word), None, Role.WRITE), Refuse)


@pytest.mark.parametrize("event", [MERGED, PULL_CLOSED, ISSUE_CLOSED])
def test_the_end_of_something_without_a_run_is_ignored(event: Ended) -> None:
    assert isinstance(decide(event, None, Role.NONE), Ignore)


@pytest.mark.parametrize("event", [MERGED, PULL_CLOSED, ISSUE_CLOSED])
@pytest.mark.parametrize(("minutes", "counts"), [(-1, False), (0, True), (1, True)])
def test_what_ended_before_the_label_does_not_end_the_run(
    event: Ended, minutes: int, counts: bool
) -> None:
    met = a_run(S.RUNNING)
    request = Request("Title", "Body", "reader", (), WHEN)
    met = replace(met, run=replace(met.run, request=request))

    decision = decide(replace(event, at=WHEN + timedelta(minutes=minutes)), met, Role.NONE)

    assert isinstance(decision, Ignore) is not counts


def test_a_decision_says_who_did_what() -> None:
    resumed = decide(command("retry"), a_run(S.FAILED), Role.WRITE)
    cancelled = decide(ISSUE_CLOSED, a_run(S.RUNNING), Role.NONE)
    closed = decide(MERGED, a_run(S.READY), Role.NONE)

    assert isinstance(resumed, Resume)
    assert isinstance(cancelled, Cancel)
    assert isinstance(closed, Close)
    assert "maintainer" in resumed.why
    assert cancelled.why == "the issue was closed by maintainer"
    assert closed.why == "the pull request was merged by maintainer"
