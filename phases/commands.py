"""What a person's command leads to, in every state of a run: done, put on record, or refused.

A refusal names the precondition that is missing. Who may command is not asked here.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from phases.again import NotAgainError, done_again
from phases.core.command import Word
from phases.core.comments import choices
from phases.core.decisions import (
    Answer,
    Cancel,
    Decision,
    Heed,
    Order,
    Pause,
    Raise,
    React,
    Refuse,
    Resume,
)
from phases.core.events import Said
from phases.core.help import help_text
from phases.core.machine import OVER, RESUMABLE, SPOKEN, RunState
from phases.core.model import Awaited, Run
from phases.core.record import Record
from phases.core.tracker import status
from phases.core.work import PhaseName
from phases.pipeline import standard_pipeline
from phases.ready import MERGE

MOST_BUDGET_USD = 1_000
# As much of the hash of plans as people are shown.
SHOWN_HASH = 10
_USD = re.compile(r"\$?(?P<usd>[0-9]{1,4}(?:\.[0-9]{1,2})?)(?: ?usd)?", re.ASCII | re.IGNORECASE)
# By agent: what a person may do without. The rest is what gates are made of.
SKIPPABLE = {
    "ui-designer": PhaseName.PLANNING,
    "architect": PhaseName.PLANNING,
    "code-optimizer": PhaseName.IMPLEMENTATION,
    "code-simplifier": PhaseName.IMPLEMENTATION,
    "quality-checker": PhaseName.QA,
    "documentation-expert": PhaseName.QA,
}


def said(event: Said, met: Record | None) -> Decision:
    """Decide what a command leads to; whoever gave it may command."""
    if event.command not in set(Word):
        text = f"That is not a command of Phaseline.\n\n{help_text()}"
        return Refuse(text, _key(event))
    word = Word(event.command)
    if word is Word.HELP:
        return Answer(help_text(), _key(event))
    if met is None:
        return _refuse(
            event,
            f"`/phaseline {word}` needs a run, and there is none here yet. The label starts one.",
        )
    return _DOINGS[word](event, met)


def _status(event: Said, met: Record) -> Decision:
    text = status(met, standard_pipeline().phases)
    return Answer(text, _key(event))


def _approve(event: Said, met: Record) -> Decision:
    run = met.run
    if run.awaiting is None or not run.awaits(Awaited.APPROVAL):
        return _refuse(event, f"No plans of this run wait for approval: {_standing(run)}.")
    named = run.awaiting.plans[:SHOWN_HASH]
    names_them = event.argument.casefold() == named
    # GitHub's clock says when it was written, ours since when they stand.
    if event.at < run.awaiting.since.replace(microsecond=0) and not names_them:
        return _refuse(
            event,
            "This approval was written before the plans stood as they stand now. Look at them, "
            f"and approve again; `/phaseline approve {named}` holds for just these plans, whenever "
            "it is written.",
        )
    if run.edited is not None and not names_them:
        return _refuse(
            event,
            "The issue was edited since these plans were made. `/phaseline revise` has them follow "
            f"the new text; `/phaseline approve {named}` approves just these plans all the same.",
        )
    return Resume(run, _asked(event), Order(Word.APPROVE, run.awaiting.plans))


def _revise(event: Said, met: Record) -> Decision:
    run = met.run
    if run.state not in RESUMABLE or not met.in_phase(PhaseName.PLANNING):
        return _refuse(
            event,
            "Plans are revised while they wait for approval, or when planning has stopped; here "
            "neither is so. A new run, started by the label, plans anew.",
        )
    if met.out_of_money:
        return _broke(event, met)
    if not event.argument and run.edited is None:
        return _refuse(
            event,
            "Say what should be different, as `/phaseline revise <text>`: the issue was not "
            "edited since the run began.",
        )
    parts = [event.argument] if event.argument else []
    if run.edited:
        parts.append("The issue was edited since: the request reads as it stands now.")
    request = run.edited and replace(
        run.edited, comments=run.request.comments if run.request else ()
    )
    return Resume(run, _asked(event), Order(Word.REVISE, "\n\n".join(parts)), request)


def _retry(event: Said, met: Record) -> Decision:
    run = met.run
    if run.state in OVER:
        return _refuse(
            event, f"This run has ended: {_standing(run)}. The label, set again, starts a new one."
        )
    if run.state not in RESUMABLE:
        return _refuse(
            event,
            f"There is nothing to retry: {_standing(run)}. `/phaseline pause` lets the run stand "
            "still; then a finished step can be done again.",
        )
    if met.out_of_money:
        return _broke(event, met)
    return _merge(event, met) if event.argument.casefold() == MERGE.name else _again(event, met)


def _broke(event: Said, met: Record) -> Decision:
    return _refuse(event, f"The run's money is spent: {choices(met, met.run.state, None)}")


def _again(event: Said, met: Record) -> Decision:
    run = met.run
    try:
        again = done_again(met, event.argument) if event.argument else ()
    except NotAgainError as error:
        return _refuse(event, str(error))
    if not again and run.awaits(Awaited.APPROVAL):
        return _refuse(
            event, f"Nothing failed; the plans wait: {choices(met, run.state, Awaited.APPROVAL)}"
        )
    if not again and run.awaits(Awaited.RESUME):
        return _refuse(event, "The run is paused: `/phaseline resume` lets it go on.")
    order = Order(Word.RETRY, event.argument[:80])
    return Resume(run, _asked(event), order, again=again)


def _merge(event: Said, met: Record) -> Decision:
    run = met.run
    if run.drift is None:
        return _refuse(event, "The base branch has not moved since this run began.")
    if run.awaits(Awaited.APPROVAL):
        return _refuse(event, f"The plans wait first: {choices(met, run.state, Awaited.APPROVAL)}")
    return Resume(run, _asked(event), Order(Word.RETRY, MERGE.name))


def _budget(event: Said, met: Record) -> Decision:
    run = met.run
    if run.state in OVER:
        return _refuse(event, f"This run has ended: {_standing(run)}.")
    match = _USD.fullmatch(event.argument.strip())
    usd = Decimal(match["usd"]) if match else None
    if usd is None or not run.limit_usd < usd <= MOST_BUDGET_USD:
        return _refuse(
            event,
            f"A budget is an amount in USD above the run's present one of {run.limit_usd:.2f}, and "
            f"at most {MOST_BUDGET_USD}.",
        )
    return Raise(run, usd, _asked(event), Order(Word.BUDGET, f"{usd:.2f}"))


def _skip(event: Said, met: Record) -> Decision:
    run = met.run
    agent = event.argument.casefold()
    if agent not in SKIPPABLE:
        named = "Name the step to skip. " if not agent else "That step cannot be skipped. "
        return _refuse(
            event,
            f"{named}These can: {_list(SKIPPABLE)}. What is built, what tests it, the checks and "
            "the reviews cannot: the gates are made of them.",
        )
    if run.state in OVER:
        return _refuse(event, f"This run has ended: {_standing(run)}.")
    if met.latest(SKIPPABLE[agent], agent) or met.passed(SKIPPABLE[agent]):
        return _refuse(event, f"{agent} has ended already.")
    if met.waiver(agent):
        return React("+1")
    order = Order(Word.SKIP, agent)
    # Without money it would only stop again; the order holds once there is more.
    waits = run.state in RESUMABLE and run.awaiting is None and not met.out_of_money
    return (Resume if waits else Heed)(run, _asked(event), order)


def _pause(event: Said, met: Record) -> Decision:
    run = met.run
    if run.awaits(Awaited.RESUME):
        return React("+1")
    if run.state in {RunState.QUEUED, RunState.RUNNING} or (
        run.state is RunState.WAITING and run.awaiting is None
    ):
        return Pause(run, _asked(event), Order(Word.PAUSE))
    if run.state in OVER:
        return _refuse(event, f"This run has ended: {_standing(run)}.")
    return _refuse(event, f"The run stands still already: {_standing(run)}.")


def _resume(event: Said, met: Record) -> Decision:
    run = met.run
    if run.awaits(Awaited.RESUME) or run.state is RunState.CANCELLED:
        return Resume(run, _asked(event), Order(Word.RESUME))
    if run.awaits(Awaited.APPROVAL):
        return _refuse(
            event,
            f"The run is not paused; its plans wait: {choices(met, run.state, Awaited.APPROVAL)}",
        )
    offer = " `/phaseline retry` goes on with it." if run.state in RESUMABLE else ""
    return _refuse(event, f"The run is not paused: {_standing(run)}.{offer}")


def _cancel(event: Said, met: Record) -> Decision:
    run = met.run
    if run.state is RunState.CANCELLED:
        return React("+1")
    if run.state in OVER:
        return _refuse(event, f"This run has ended: {_standing(run)}.")
    return Cancel(run, _asked(event))


_DOINGS = {
    Word.STATUS: _status,
    Word.APPROVE: _approve,
    Word.REVISE: _revise,
    Word.RETRY: _retry,
    Word.BUDGET: _budget,
    Word.SKIP: _skip,
    Word.PAUSE: _pause,
    Word.RESUME: _resume,
    Word.CANCEL: _cancel,
}


def _asked(event: Said) -> str:
    return f"{event.actor.login} asked for it by `/phaseline {event.command}`"


def _standing(run: Run) -> str:
    if run.awaits(Awaited.APPROVAL):
        return "its plans wait for approval"
    return "it is paused" if run.awaits(Awaited.RESUME) else SPOKEN[run.state]


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _refuse(event: Said, sentence: str) -> Refuse:
    text = f"{sentence}\n\n`/phaseline help` lists the commands."
    return Refuse(text, _key(event))


def _key(event: Said) -> str:
    return f"reply/{event.comment}"
