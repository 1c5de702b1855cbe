"""What to do about an event: start a run, go on with one, end it, answer, or leave it be.

Pure: it looks at the event, at the run it meets and at what the actor may do. It does nothing.
"""

from dataclasses import replace

from phases.commands import said
from phases.core.comments import choices
from phases.core.decisions import (
    Answer,
    Cancel,
    Close,
    Decision,
    Decline,
    Furnish,
    Ignore,
    NoteEdit,
    Refuse,
    Resume,
    Start,
)
from phases.core.events import Edited, Ended, Event, Labelled, Reopened, Said
from phases.core.machine import OVER, RESUMABLE, RunState
from phases.core.model import Awaited, Role, Run
from phases.core.record import Record

MAY_COMMAND = "write, maintain or admin permission on this repository"


def decide(event: Event, met: Record | None, role: Role) -> Decision:
    """Decide what an event leads to.

    `met` is the record of the newest run of the issue, or of the run whose pull request it is;
    `role` is the actor's, looked up now, and counts for labels and commands alone.
    """
    run = met.run if met else None
    match event:
        case Labelled():
            return _labelled(event, met, role)
        case Edited():
            return _edited(event, run)
        case Said():
            return _said(event, met, role)
        case Ended():
            return _ended(event, run)
        case Reopened():
            return _reopened(run)
    return Furnish(event.installation)


def _said(event: Said, met: Record | None, role: Role) -> Decision:
    if not event.actor_is_human:
        return Ignore("commands are taken from people only")
    if not role.may_command:
        return Decline(_who_may() if met else "")
    return said(event, met)


def _who_may() -> str:
    return (
        f"Commands to Phaseline take {MAY_COMMAND}. Without it, the first one that a person gives "
        "here gets a reaction, and none has an effect."
    )


def _labelled(event: Labelled, met: Record | None, role: Role) -> Decision:
    if not event.actor_is_human:
        return Ignore("the label was set by a bot")
    if not role.may_command:
        return Refuse(
            f"Thank you for the label. Starting a run takes {MAY_COMMAND}, so nothing was "
            "started. Somebody who has it can set the label again.",
            f"refusal/label/{event.actor.id}",
        )
    if met is None or met.run.state in OVER:
        return Start(event, met.run.number + 1 if met else 1)
    return _labelled_again(event, met)


def _labelled_again(event: Labelled, met: Record) -> Decision:
    run = met.run
    if run.awaits(Awaited.APPROVAL):
        return Answer(
            f"This issue has a run, and its plans wait to be approved: "
            f"{choices(met, run.state, Awaited.APPROVAL)}",
            f"waits/{run.id}/{run.segment}",
        )
    if met.out_of_money:
        return Answer(
            f"This issue has a run, and its money is spent: {choices(met, run.state, None)}",
            f"money/{run.id}/{run.segment}",
        )
    if run.state in RESUMABLE:
        return Resume(run, f"the label was set again by {event.actor.login}")
    return Ignore(f"the issue's run is {run.state}")


def _edited(event: Edited, run: Run | None) -> Decision:
    if run is None or run.request is None or run.state in OVER:
        return Ignore("no run works from this issue now")
    if event.at <= run.request.taken_at:
        return Ignore("the run works from a later text")
    if (event.title, event.body) == (run.request.title, run.request.body):
        return NoteEdit(run, None) if run.edited else Ignore("the text is that of the run")
    now = replace(run.request, title=event.title, body=event.body, taken_at=event.at)
    return NoteEdit(run, now)


def _ended(event: Ended, run: Run | None) -> Decision:
    if run is None:
        return Ignore("no run belongs to it")
    began_later = run.request is not None and event.at < run.request.taken_at
    # Told late, it may have been acted on by the sweep before somebody let the run go on.
    if began_later or run.asked_since(event.at):
        return Ignore("the run was asked for after that")
    what = _what_ended(event)
    if run.state is RunState.READY:
        # The pull request decides here: merging it often closes the issue as well.
        return Close(run, what) if event.on_pull_request else Ignore("its pull request is open")
    if run.state in OVER:
        return Ignore(f"the run is {run.state}")
    if event.merged and run.state is RunState.RUNNING:
        return Close(run, what)
    return Cancel(run, what)


def _what_ended(event: Ended) -> str:
    if event.merged:
        return f"the pull request was merged by {event.actor.login}"
    thing = "pull request" if event.on_pull_request else "issue"
    return f"the {thing} was closed by {event.actor.login}"


def _reopened(run: Run | None) -> Decision:
    if run is None or run.state is not RunState.CANCELLED:
        return Ignore("no run ended with it")
    return Answer(
        "The run of this issue was cancelled; what it had finished is kept. Comment `/phaseline "
        "resume` to go on with it, or set the label again to start a new one.",
        f"reopened/{run.id}/{run.segment}",
    )
