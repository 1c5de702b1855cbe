"""What to do about an event: start a run, go on with one, end it, answer, or leave it be.

Pure: it looks at the event, at the run it meets and at what the actor may do. It does nothing.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from phases.core.events import Ended, Event, Labelled, Said
from phases.core.machine import MEANING, OVER, RESUMABLE, RunState
from phases.core.model import Role, Run
from phases.core.outward import Place


@dataclass(frozen=True)
class Start:
    """Start a run for the issue; `number` counts the runs of one issue from 1."""

    event: Labelled
    number: int


@dataclass(frozen=True)
class Resume:
    """Go on with a run that stands still."""

    run: Run
    why: str


@dataclass(frozen=True)
class Cancel:
    """End a run before its end; its branch is kept."""

    run: Run
    why: str


@dataclass(frozen=True)
class Close:
    """Note that a run's pull request was merged or closed."""

    run: Run
    why: str


@dataclass(frozen=True)
class Raise:
    """Let a run spend `usd` in all; one that stands still goes on."""

    run: Run
    usd: Decimal
    why: str


@dataclass(frozen=True)
class Refuse:
    """Say why not, in one comment; `key` makes it one, however often it is asked for."""

    text: str
    place: Place
    key: str


@dataclass(frozen=True)
class Answer:
    """Answer a question in one comment."""

    text: str
    place: Place
    key: str


@dataclass(frozen=True)
class React:
    """Answer with a reaction on the comment: it was heard and there is nothing to do."""

    content: str


@dataclass(frozen=True)
class Ignore:
    """Do nothing; `why` is for the log."""

    why: str


Decision = Start | Resume | Raise | Cancel | Close | Refuse | Answer | React | Ignore

COMMANDS = {
    "retry": "go on with a run that is blocked, waiting or failed; what was finished is kept",
    "budget": "let the run spend so many USD in all, as in `/phaseline budget 30`, and go on",
    "cancel": "end the run; its branch and its comments are kept",
    "help": "this list",
}
# Words that mean something to the reader of a design, and nothing to this version.
NOT_YET = frozenset({"status", "approve", "revise", "skip", "pause", "resume"})
MOST_BUDGET_USD = 1_000
_USD = re.compile(r"\$?(?P<usd>[0-9]{1,4}(?:\.[0-9]{1,2})?)(?: ?usd)?", re.ASCII | re.IGNORECASE)
MAY_COMMAND = "write, maintain or admin permission on this repository"


def decide(event: Event, run: Run | None, role: Role) -> Decision:
    """Decide what an event leads to.

    `run` is the newest run of the issue, or the run whose pull request it is; `role` is the
    actor's, looked up now, and counts for labels and commands alone.
    """
    match event:
        case Labelled():
            return _labelled(event, run, role)
        case Said():
            return _said(event, run, role)
        case Ended():
            return _ended(event, run)


def _labelled(event: Labelled, run: Run | None, role: Role) -> Decision:
    if not event.actor_is_human:
        return Ignore("the label was set by a bot")
    if not role.may_command:
        return Refuse(
            f"Thank you for the label. Starting a run takes {MAY_COMMAND}, so nothing was "
            "started. Somebody who has it can set the label again.",
            Place.ISSUE,
            f"refusal/label/{event.actor.id}",
        )
    if run is None:
        return Start(event, 1)
    if run.state in OVER:
        return Start(event, run.number + 1)
    if run.state in RESUMABLE:
        return Resume(run, f"the label was set again by {event.actor.login}")
    return Ignore(f"the issue's run is {run.state}")


def _said(event: Said, run: Run | None, role: Role) -> Decision:
    if not event.actor_is_human:
        return Ignore("commands are taken from people only")
    if not role.may_command:
        return Ignore(f"the commander's role is {role}")
    if event.command == "retry":
        return _retry(event, run)
    if event.command == "budget":
        return _budget(event, run)
    if event.command == "cancel":
        return _cancel(event, run)
    return _answered(event)


def _answered(event: Said) -> Decision:
    if event.command == "help":
        return Answer(_help(), _place(event), _reply_key(event))
    if event.command in NOT_YET:
        return _refuse(event, f"`/phaseline {event.command}` is not available in this version.")
    return _refuse(event, "That is not a command of Phaseline.")


def _retry(event: Said, run: Run | None) -> Decision:
    if run is None:
        return _refuse(event, "There is no run here to go on with. The label starts one.")
    if run.state in RESUMABLE:
        return Resume(run, f"{event.actor.login} asked for it by /phaseline retry")
    if run.state in OVER:
        return _refuse(
            event,
            f"This run has ended: {MEANING[run.state]}. The label, set again, starts a new one.",
        )
    return _refuse(event, f"There is nothing to retry: {MEANING[run.state]}.")


def _budget(event: Said, run: Run | None) -> Decision:
    if run is None:
        return _refuse(event, "There is no run here whose budget could be raised.")
    if run.state in OVER:
        return _refuse(event, f"This run has ended: {MEANING[run.state]}.")
    match = _USD.fullmatch(event.argument.strip())
    usd = Decimal(match["usd"]) if match else None
    if usd is None or not run.limit_usd < usd <= MOST_BUDGET_USD:
        return _refuse(
            event,
            f"A budget is an amount in USD above the run's present one of {run.limit_usd:.2f}, and "
            f"at most {MOST_BUDGET_USD}.",
        )
    return Raise(run, usd, f"{event.actor.login} asked for it by /phaseline budget")


def _cancel(event: Said, run: Run | None) -> Decision:
    if run is None:
        return _refuse(event, "There is no run here to cancel.")
    if run.state is RunState.CANCELLED:
        return React("+1")
    if run.state in OVER:
        return _refuse(event, f"This run has ended: {MEANING[run.state]}.")
    return Cancel(run, f"{event.actor.login} asked for it by /phaseline cancel")


def _ended(event: Ended, run: Run | None) -> Decision:
    if run is None:
        return Ignore("no run belongs to it")
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


def _refuse(event: Said, sentence: str) -> Refuse:
    return Refuse(f"{sentence}\n\n{_help()}", _place(event), _reply_key(event))


def _help() -> str:
    lines = [f"- `/phaseline {word}`: {meaning}" for word, meaning in COMMANDS.items()]
    return "\n".join(["Commands that work, as the first line of a new comment:", "", *lines])


def _place(event: Said) -> Place:
    return Place.PULL_REQUEST if event.on_pull_request else Place.ISSUE


def _reply_key(event: Said) -> str:
    return f"reply/{event.comment}"
