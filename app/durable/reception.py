"""Decides what a delivery leads to, and applies that in one transaction. Not which comes next."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from app.durable.ports import (
    Forgetting,
    Hearing,
    Labels,
    People,
    Records,
    Runs,
)
from phases.core.check_run import left_open
from phases.core.command import Commanded
from phases.core.comments import lost_comment
from phases.core.decisions import (
    Answer,
    Cancel,
    Close,
    Decline,
    Furnish,
    Heed,
    Ignore,
    NoteEdit,
    Order,
    Pause,
    Raise,
    React,
    Refuse,
    Resume,
    Start,
)
from phases.core.errors import DefectError
from phases.core.events import (
    Advanced,
    Altered,
    Edited,
    Event,
    Installed,
    Labelled,
    Removed,
    Said,
)
from phases.core.machine import OVER, RunState
from phases.core.model import Repository, Role, Run
from phases.core.outward import Desired, OutwardKind, Place
from phases.core.record import Record
from phases.intake import decide

log = logging.getLogger(__name__)

# GitHub tells the moment of one labelling twice, in a delivery and in the issue's history.
SAME_LABEL = timedelta(minutes=1)

Meaning: TypeAlias = Event | Altered | Advanced | Removed | None


class Reception:
    """The way from what happened to what it leads to."""

    def __init__(
        self,
        people: People,
        runs: Runs,
        records: Records,
        labels: Labels,
        forgetting: Forgetting,
        asides: Hearing,
    ) -> None:
        self._forgetting = forgetting
        self._asides = asides
        self._people = people
        self._runs = runs
        self._records = records
        self._labels = labels

    async def deal(self, delivery: int, meaning: Meaning) -> None:
        """Do what a stored delivery leads to; it is dealt with.

        Raises:
            PhaselineError: when it cannot be dealt with now.
        """
        match meaning:
            case None:
                await self._runs.ignore(delivery, "means nothing to us")
            case Removed():
                runs = await self._forgetting.forget(delivery, meaning)
                self._labels.forget(meaning)
                log.warning("installation %s: %s runs forgotten", meaning.installation, runs)
            case Altered() | Advanced():
                await self._asides.hear(delivery, meaning)
            case _:
                await self.hear(delivery, meaning)

    async def pass_over(self, delivery: int, why: str) -> None:
        """Do nothing about a delivery; it is dealt with."""
        await self._runs.ignore(delivery, why)

    async def answered_until(self, repository: Repository, issue: int) -> datetime | None:
        """Return up to when a label on an issue has had its run; None when there was never one.

        While a run goes on, and where one may go on, that is for ever. A label that was set before
        a run was over has been heard: it meant that run.
        """
        run = await self._runs.of_issue(repository.id, issue)
        if run is None:
            return None
        await self._remember(run, repository)
        if run.state not in OVER or run.ended_at is None:
            return datetime.max.replace(tzinfo=UTC)
        began = run.request.taken_at if run.request else run.created_at
        return max(run.ended_at, began + SAME_LABEL)

    async def found(self, event: Labelled) -> None:
        """Take an event that no delivery brought."""
        await self.hear(None, event)

    async def lost(self, repository: Repository, issue: int) -> None:
        """Offer to bring back a run that GitHub tells of and the database does not know."""
        log.warning("%s#%s had a run that is lost: recover it", repository.full_name, issue)
        told = (lost_comment(repository),)
        await self._runs.answer(None, repository, issue, told, "a run is lost")

    async def hear(self, delivery: int | None, event: Event) -> None:
        """Decide what an event leads to, and apply it; without a delivery nobody waits for it."""
        met = await self._met(event)
        decision = decide(event, met, await self._role(event))
        log.info("delivery %s: %s", delivery or "swept", type(decision).__name__)
        match decision:
            case Start(labelled, number):
                await self._runs.start(delivery, labelled, number)
            case Refuse(text, key):
                await self._reply(delivery, event, *_told(event, key, text, "confused"))
            case Answer(text, key):
                await self._reply(delivery, event, *_told(event, key, text, "eyes"))
            case Decline(text):
                await self._reply(delivery, event, *_declined(event, text))
            case React(content):
                await self._reply(delivery, event, _reaction(event, content))
            case Furnish(installation):
                await self._labels.furnish(installation)
                await self._runs.ignore(delivery, "labels were seen to")
            case Ignore(why):
                await self._runs.ignore(delivery, why)
            case _:
                await self._move(delivery, event, decision, met)

    async def _move(
        self,
        delivery: int | None,
        event: Event,
        decision: Resume | Pause | Heed | Raise | Cancel | Close | NoteEdit,
        met: Record | None,
    ) -> None:
        heard = _heard(event)
        match decision:
            case Resume(run, why, order, request, again):
                given = _commanded(event, order) if order else None
                state = RunState.RUNNING
                await self._runs.move(delivery, run, state, why, heard, given, request, again)
            case Pause(run, why, order):
                given = _commanded(event, order)
                await self._runs.move(delivery, run, RunState.WAITING, why, heard, given)
            case Heed(run, why, order):
                await self._runs.heed(delivery, run, why, heard, _commanded(event, order))
            case Raise(run, usd, why, order):
                given = _commanded(event, order)
                await self._runs.raise_limit(delivery, run, usd, why, heard, given)
            case Cancel(run, why):
                show = (*heard, *(left_open(met, RunState.CANCELLED) if met else ()))
                await self._runs.move(delivery, run, RunState.CANCELLED, why, show)
            case Close(run, why):
                await self._runs.move(delivery, run, RunState.CLOSED, why, heard)
            case NoteEdit(run, request):
                await self._runs.note_edit(delivery, run, request)

    async def _met(self, event: Event) -> Record | None:
        run = await self._run(event)
        if run is None or isinstance(event, Installed):
            return None
        await self._remember(run, event.repository)
        return await self._records.record(run.id)

    async def _remember(self, run: Run, repository: Repository) -> None:
        # A run belongs to the repository of an id, whatever that is called and whose it is today.
        if run.repository != repository:
            await self._runs.remember(repository)

    async def _run(self, event: Event) -> Run | None:
        if isinstance(event, Installed):
            return None
        if isinstance(event, Labelled | Edited):
            return await self._runs.of_issue(event.repository.id, event.issue)
        if event.on_pull_request:
            return await self._runs.of_pull_request(event.repository.id, event.number)
        return await self._runs.of_issue(event.repository.id, event.number)

    async def _role(self, event: Event) -> Role:
        if not isinstance(event, Labelled | Said) or not event.actor_is_human:
            return Role.NONE
        return await self._people.role(event.repository, event.actor)

    async def _reply(self, delivery: int | None, event: Event, *show: Desired) -> None:
        if isinstance(event, Installed):
            raise DefectError("an installation has no conversation")
        number = event.issue if isinstance(event, Labelled | Edited) else event.number
        await self._runs.answer(delivery, event.repository, number, show, show[0].key)


def _commanded(event: Event, order: Order) -> Commanded:
    if not isinstance(event, Said):
        raise DefectError("only a comment gives an order")
    return Commanded(order.word, order.argument, event.actor, event.at)


def _heard(event: Event) -> tuple[Desired, ...]:
    return (_reaction(event, "eyes"),) if isinstance(event, Said) else ()


def _told(event: Event, key: str, text: str, content: str) -> tuple[Desired, ...]:
    """Return a reply for the conversation that was spoken in, and a reaction on what was said."""
    reply = Desired(key, OutwardKind.COMMENT, Place.ISSUE, text)
    return (reply, _reaction(event, content)) if isinstance(event, Said) else (reply,)


def _declined(event: Event, text: str) -> tuple[Desired, ...]:
    if not isinstance(event, Said):
        raise DefectError("only a comment is declined")
    # Who goes on all the same would use up the writes that GitHub allows us.
    once = replace(_reaction(event, "confused"), key=f"declined/{event.actor.id}")
    comment = Desired("declined", OutwardKind.COMMENT, Place.ISSUE, text)
    return (once, comment) if text else (once,)


def _reaction(event: Event, content: str) -> Desired:
    comment = event.comment if isinstance(event, Said) else None
    key = f"reaction/{comment or 'issue'}/{content}"
    return Desired(key, OutwardKind.REACTION, Place.ISSUE, content, comment)
