"""Every command in every state of a run, and what its refusals say."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from phases.commands import SKIPPABLE
from phases.core.command import Commanded, Word
from phases.core.decisions import (
    Answer,
    Cancel,
    Decision,
    Heed,
    Ignore,
    NoteEdit,
    Order,
    Pause,
    Raise,
    React,
    Refuse,
    Resume,
)
from phases.core.events import Edited, Labelled, Reopened, Said
from phases.core.machine import RunState, may_move
from phases.core.model import Awaited, Awaiting, Request, Role, Run, StepOutcome
from phases.core.record import Passage, Performed, Record
from phases.core.work import PhaseName, WorkName
from phases.intake import decide
from tests.phases.test_intake import ACTOR, REPOSITORY, WHEN

S = RunState
PLANS = "c" * 64
LATER = WHEN + timedelta(minutes=5)
# A run that waits does so for the clock, for an approval, or for being resumed.
STANDINGS: dict[str, tuple[RunState, Awaited | None]] = {
    "queued": (S.QUEUED, None),
    "running": (S.RUNNING, None),
    "waiting": (S.WAITING, None),
    "approval": (S.WAITING, Awaited.APPROVAL),
    "paused": (S.WAITING, Awaited.RESUME),
    "blocked": (S.BLOCKED, None),
    "failed": (S.FAILED, None),
    "ready": (S.READY, None),
    "cancelled": (S.CANCELLED, None),
    "closed": (S.CLOSED, None),
}


def record(standing: str, *works: Performed, phase: PhaseName = PhaseName.PLANNING) -> Record:
    """Return a run that stands so in a phase, with what is on record of it."""
    state, what = STANDINGS[standing]
    run = Run(
        id="r1",
        repository=REPOSITORY,
        issue=3,
        number=2,
        labeller=ACTOR,
        state=state,
        segment=4,
        created_at=WHEN,
        limit_usd=Decimal(15),
        request=Request("Title", "Body", "reader", (), WHEN),
        awaiting=Awaiting(what, WHEN, PLANS) if what else None,
    )
    return Record(run, works, (Passage(phase, WHEN, None),))


def say(word: str, argument: str = "") -> Said:
    return Said(REPOSITORY, 3, False, ACTOR, True, 77, word, argument, LATER)


def work(name: str, outcome: StepOutcome | None) -> Performed:
    return Performed(WorkName.parse(name), "Title", 1, WHEN, outcome=outcome)


def told(decision: Decision) -> str:
    assert isinstance(decision, Refuse)
    assert decision.key == "reply/77"
    sentence, _, hint = decision.text.partition("\n\n")
    assert hint == "`/phaseline help` lists the commands."
    return sentence


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


def test_an_approval_is_bound_to_the_plans_that_wait() -> None:
    decision = decide(say("approve"), record("approval"), Role.WRITE)

    assert isinstance(decision, Resume)
    assert decision.order == Order(Word.APPROVE, PLANS)


def test_an_approval_that_was_written_before_the_plans_does_not_count() -> None:
    early = replace(say("approve"), at=WHEN - timedelta(seconds=2))

    assert "written before the plans" in told(decide(early, record("approval"), Role.WRITE))


def test_a_revision_needs_a_text_or_an_edited_issue() -> None:
    met = record("approval")
    edited = Request("Title", "Another body", "reader", (), LATER)

    without = decide(say("revise"), met, Role.WRITE)
    taken = decide(say("revise"), replace(met, run=replace(met.run, edited=edited)), Role.WRITE)

    assert "Say what should be different" in told(without)
    assert isinstance(taken, Resume)
    assert taken.request == edited
    assert taken.order is not None
    assert "edited" in taken.order.argument


def test_a_revision_after_planning_is_refused_with_what_is_possible() -> None:
    met = record("blocked", phase=PhaseName.QA)

    sentence = told(decide(say("revise", "one table"), met, Role.WRITE))

    assert "while they wait for approval" in sentence
    assert "label" in sentence


@pytest.mark.parametrize("what", ["architect", "planning", "Architect"])
def test_what_failed_is_tried_again_by_its_name_or_that_of_its_phase(what: str) -> None:
    met = record("blocked", work("planning/architect/1", StepOutcome.NO_OUTPUT))

    assert isinstance(decide(say("retry", what), met, Role.WRITE), Resume)


def test_what_was_accepted_is_done_again_with_what_hangs_on_it_and_no_more() -> None:
    met = record(
        "blocked",
        work("planning/architect/1", StepOutcome.DONE),
        work("planning/test-writer/1", StepOutcome.DONE),
        work("planning/baseline/1", StepOutcome.DONE),
        work("planning/product-manager/1", StepOutcome.DONE),
        work("implementation/backend-developer/1", StepOutcome.NO_OUTPUT),
    )

    decision = decide(say("retry", "Architect"), met, Role.WRITE)

    assert isinstance(decision, Resume)
    assert [str(name) for name in decision.again] == [
        "planning/architect/1",
        "planning/product-manager/1",
        "implementation/backend-developer/1",
    ]


def again(what: str, *works: Performed) -> list[str]:
    decision = decide(say("retry", what), record("paused", *works), Role.WRITE)
    assert isinstance(decision, Resume)
    return [str(name) for name in decision.again]


def test_a_phase_is_done_again_whole_and_all_behind_it() -> None:
    works = [
        work(name, StepOutcome.DONE)
        for name in (
            "planning/ui-designer/1",
            "planning/architect/1",
            "planning/baseline/1",
            "planning/product-manager/1",
            "implementation/backend-developer/1",
        )
    ]

    assert again("planning", *works) == [
        str(w.name) for w in works if "baseline" not in str(w.name)
    ]


def test_a_step_that_comes_twice_is_meant_where_it_was_done_last_and_repairs_are_not() -> None:
    works = [
        work(name, StepOutcome.DONE)
        for name in (
            "planning/test-writer/1",
            "planning/product-manager/1",
            "implementation/backend-developer/1",
            "implementation/code-optimizer/1",
            "qa/test-writer/1",
            "qa/checks/1",
            "qa/backend-developer/1",
            "qa/checks/2",
        )
    ]
    names = [str(w.name) for w in works]

    assert again("test-writer", *works) == names[4:]
    assert again("planning/test-writer", *works) == names
    assert again("backend-developer", *works) == names[2:]
    assert again("qa/backend-developer", *works) == names[6:]
    assert again("checks", *works) == names[7:]


def test_of_the_other_plans_the_latest_stays() -> None:
    works = [
        work(name, StepOutcome.DONE)
        for name in (
            "planning/architect/1",
            "planning/test-writer/1",
            "planning/product-manager/1",
            "planning/architect/2",
            "planning/product-manager/2",
        )
    ]

    assert again("test-writer", *works) == [
        "planning/architect/1",
        "planning/test-writer/1",
        "planning/product-manager/1",
        "planning/product-manager/2",
    ]


@pytest.mark.parametrize("what", ["draft", "freeze", "prepare", "baseline", "planning/baseline"])
def test_what_all_else_stands_on_is_done_once(what: str) -> None:
    met = record("blocked", work("planning/baseline/1", StepOutcome.DONE))

    sentence = told(decide(say("retry", what), met, Role.WRITE))

    assert "is done once for a run" in sentence


def test_what_was_left_out_is_not_done_again_and_a_run_at_work_is_to_be_paused_first() -> None:
    skipped = replace(work("planning/ui-designer/1", StepOutcome.SKIPPED), reason="No front end.")

    left_out = told(decide(say("retry", "ui-designer"), record("blocked", skipped), Role.WRITE))
    at_work = told(decide(say("retry", "ui-designer"), record("running", skipped), Role.WRITE))

    assert "was left out: No front end." in left_out
    assert "/phaseline pause" in at_work


def test_what_has_not_begun_or_does_not_exist_is_not_retried() -> None:
    met = record("blocked")

    assert "has not begun" in told(decide(say("retry", "qa"), met, Role.WRITE))
    unknown = told(decide(say("retry", "<img>@everyone"), met, Role.WRITE))
    assert "no such step" in unknown
    assert "everyone" not in unknown


@pytest.mark.parametrize(
    "what", ["", "backend-developer", "test-writer", "checks", "code-reviewer", "project-manager"]
)
def test_what_gates_are_made_of_cannot_be_skipped(what: str) -> None:
    sentence = told(decide(say("skip", what), record("blocked"), Role.WRITE))

    assert all(f"`{agent}`" in sentence for agent in SKIPPABLE)


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


def test_a_step_that_has_ended_cannot_be_skipped() -> None:
    met = record("blocked", work("planning/architect/1", StepOutcome.DONE))

    assert "has ended already" in told(decide(say("skip", "architect"), met, Role.WRITE))


def test_a_step_that_is_waived_already_is_not_waived_twice() -> None:
    waiver = Commanded(Word.SKIP, "architect", ACTOR, WHEN)
    met = replace(record("blocked"), commands=(waiver,))

    assert decide(say("skip", "architect"), met, Role.WRITE) == React("+1")


def test_an_order_says_who_gave_it() -> None:
    paused = decide(say("pause"), record("running"), Role.WRITE)

    assert isinstance(paused, Pause)
    assert paused.why == "maintainer asked for it by `/phaseline pause`"


@pytest.mark.parametrize("standing", ["waiting", "blocked", "failed"])
def test_a_run_whose_money_is_spent_is_not_tried_again_before_it_has_more(standing: str) -> None:
    met = replace(record(standing), spent_usd=Decimal(15))
    label = Labelled(REPOSITORY, 3, ACTOR, True, "Title", "Body", "reader", WHEN)

    refused = told(decide(say("retry"), met, Role.WRITE))
    answered = decide(label, met, Role.WRITE)
    almost = replace(met, spent_usd=Decimal("14.99"))

    assert "`/phaseline budget <usd>`" in refused
    assert "`/phaseline retry`" not in refused
    assert isinstance(answered, Answer)
    assert "`/phaseline budget <usd>`" in answered.text
    assert isinstance(decide(say("retry"), almost, Role.WRITE), Resume)


def test_plans_of_a_run_whose_money_is_spent_are_not_revised_before_it_has_more() -> None:
    met = record("blocked")
    spent = replace(met, spent_usd=Decimal(15))

    refused = told(decide(say("revise", "Smaller."), spent, Role.WRITE))

    assert "`/phaseline budget <usd>`" in refused
    assert isinstance(decide(say("revise", "Smaller."), met, Role.WRITE), Resume)


def test_a_step_skipped_while_the_money_is_spent_is_skipped_once_there_is_more() -> None:
    met = record("blocked")
    spent = replace(met, spent_usd=Decimal(15))

    now = decide(say("skip", "quality-checker"), met, Role.WRITE)
    then = decide(say("skip", "quality-checker"), spent, Role.WRITE)

    assert isinstance(now, Resume)
    assert isinstance(then, Heed)
    assert then.order.argument == "quality-checker"


def test_the_label_set_again_names_the_choices_while_plans_wait() -> None:
    label = Labelled(REPOSITORY, 3, ACTOR, True, "Title", "Body", "reader", WHEN)

    decision = decide(label, record("approval"), Role.WRITE)

    assert isinstance(decision, Answer)
    assert "/phaseline approve" in decision.text


def edit(title: str, body: str, minutes: int) -> Edited:
    return Edited(REPOSITORY, 3, title, body, WHEN + timedelta(minutes=minutes))


def test_an_edit_is_noted_until_the_text_is_the_old_one_again() -> None:
    met = record("running")
    changed = decide(edit("Title", "Another", 1), met, Role.NONE)
    assert isinstance(changed, NoteEdit)
    noted = replace(met, run=replace(met.run, edited=changed.request))

    back = decide(edit("Title", "Body", 2), noted, Role.NONE)

    assert changed.request == Request("Title", "Another", "reader", (), WHEN + timedelta(minutes=1))
    assert back == NoteEdit(noted.run, None)


@pytest.mark.parametrize(
    ("standing", "minutes"), [("ready", 1), ("cancelled", 1), ("closed", 1), ("running", 0)]
)
def test_an_edit_is_ignored_after_the_end_and_before_the_label(standing: str, minutes: int) -> None:
    decision = decide(edit("Title", "Another", minutes), record(standing), Role.NONE)

    assert isinstance(decision, Ignore)


@pytest.mark.parametrize("standing", STANDINGS)
def test_opening_again_offers_to_go_on_with_a_cancelled_run_once(standing: str) -> None:
    decision = decide(Reopened(REPOSITORY, 3, False, ACTOR), record(standing), Role.NONE)

    if standing == "cancelled":
        assert isinstance(decision, Answer)
        assert "/phaseline resume" in decision.text
        assert decision.key == "reopened/r1/4"
    else:
        assert isinstance(decision, Ignore)
