"""Takes deliveries in order, decides what each leads to, and applies that in one transaction."""

import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from phases.core.check_run import left_open
from phases.core.command import Commanded
from phases.core.comments import lost_comment
from phases.core.decisions import (
    Answer,
    Cancel,
    Close,
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
from phases.core.events import Edited, Event, Installed, Labelled, Removed, Said
from phases.core.machine import RunState
from phases.core.model import Person, Repository, Request, Role, Run
from phases.core.outward import Desired, OutwardKind, Place
from phases.core.record import Record
from phases.intake import decide

log = logging.getLogger(__name__)


class Stored(Protocol):
    """A stored delivery."""

    @property
    def id(self) -> int:
        """Its place in the order."""

    @property
    def event(self) -> str:
        """GitHub's name of the event."""

    @property
    def body(self) -> bytes:
        """What was signed."""


class Inbox(Protocol):
    """Where deliveries wait."""

    async def waiting(self, limit: int) -> Sequence[Stored]:
        """Return the oldest ones that nobody has dealt with."""


class Reader(Protocol):
    """What knows the payloads of GitHub."""

    def read(self, event: str, body: bytes) -> Event | None:
        """Return what a delivery means to us, if anything."""

    def removal(self, event: str, body: bytes) -> Removed | None:
        """Return which repositories a delivery takes from us, if any."""


class Forgetting(Protocol):
    """What forgets repositories."""

    async def forget(self, delivery: int | None, removed: Removed) -> int:
        """Delete everything of them; the delivery is dealt with."""


class People(Protocol):
    """What knows who may do what."""

    async def role(self, repository: Repository, person: Person) -> Role:
        """Return a person's role in a repository, now."""


class Runs(Protocol):
    """The runs as events move them; each of the writes deals with the delivery too."""

    async def of_issue(self, repository: int, issue: int) -> Run | None:
        """Return the newest run of an issue."""

    async def of_pull_request(self, repository: int, number: int) -> Run | None:
        """Return the run whose pull request that is."""

    async def start(self, delivery: int | None, event: Labelled, number: int) -> Run:
        """Queue a new run."""

    async def move(
        self,
        delivery: int | None,
        run: Run,
        state: RunState,
        why: str,
        show: tuple[Desired, ...],
        commanded: Commanded | None = None,
        request: Request | None = None,
    ) -> None:
        """Move a run on, let it stand, or end it."""

    async def heed(
        self,
        delivery: int | None,
        run: Run,
        why: str,
        show: tuple[Desired, ...],
        commanded: Commanded,
    ) -> None:
        """Put an order on record."""

    async def raise_limit(
        self, delivery: int | None, run: Run, usd: Decimal, why: str, show: tuple[Desired, ...]
    ) -> None:
        """Let a run spend more; one that stopped by itself goes on."""

    async def note_edit(self, delivery: int | None, run: Run, request: Request | None) -> None:
        """Note how a run's issue reads by now."""

    async def answer(
        self, delivery: int | None, repository: Repository, number: int, desired: Desired, why: str
    ) -> None:
        """Post something."""

    async def ignore(self, delivery: int | None, why: str) -> None:
        """Do nothing."""


class Records(Protocol):
    """What is on record of runs."""

    async def record(self, run: str) -> Record:
        """Return everything on record of a run."""


class Labels(Protocol):
    """The labels that people start runs with."""

    async def furnish(self, installation: int) -> None:
        """See to it that the repositories of an installation have them."""


class Reception:
    """The way from a stored delivery to what it leads to."""

    def __init__(
        self,
        inbox: Inbox,
        reader: Reader,
        people: People,
        runs: Runs,
        records: Records,
        labels: Labels,
        forgetting: Forgetting,
    ) -> None:
        self._forgetting = forgetting
        self._inbox = inbox
        self._reader = reader
        self._people = people
        self._runs = runs
        self._records = records
        self._labels = labels

    async def take(self, limit: int) -> int:
        """Deal with the oldest deliveries, in order; return how many.

        Raises:
            TransientError: when GitHub or the database did not answer; the rest stays queued.
        """
        waiting = await self._inbox.waiting(limit)
        for delivery in waiting:
            await self._deal(delivery)
        return len(waiting)

    async def _deal(self, delivery: Stored) -> None:
        try:
            removed = self._reader.removal(delivery.event, delivery.body)
            event = self._reader.read(delivery.event, delivery.body)
        except ValueError as error:
            await self._runs.ignore(delivery.id, f"unreadable: {error}")
            return
        if removed is not None:
            runs = await self._forgetting.forget(delivery.id, removed)
            log.warning("installation %s: %s runs forgotten", removed.installation, runs)
        elif event is None:
            await self._runs.ignore(delivery.id, "means nothing to us")
        else:
            await self.hear(delivery.id, event)

    async def has_run(self, repository: Repository, issue: int) -> bool:
        """Tell whether an issue has, or had, a run."""
        return await self._runs.of_issue(repository.id, issue) is not None

    async def found(self, event: Labelled) -> None:
        """Take an event that no delivery brought."""
        await self.hear(None, event)

    async def lost(self, repository: Repository, issue: int) -> None:
        """Offer to bring back a run that GitHub tells of and the database does not know."""
        log.warning("%s#%s had a run that is lost: recover it", repository.full_name, issue)
        await self._runs.answer(None, repository, issue, lost_comment(repository), "a run is lost")

    async def hear(self, delivery: int | None, event: Event) -> None:
        """Decide what an event leads to, and apply it; without a delivery nobody waits for it."""
        met = await self._met(event)
        decision = decide(event, met, await self._role(event))
        log.info("delivery %s: %s", delivery or "swept", type(decision).__name__)
        match decision:
            case Start(labelled, number):
                await self._runs.start(delivery, labelled, number)
            case Refuse(text, _, key) | Answer(text, _, key):
                desired = Desired(key, OutwardKind.COMMENT, Place.ISSUE, text)
                await self._reply(delivery, event, desired)
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
            case Resume(run, why, order, request):
                given = _commanded(event, order) if order else None
                state = RunState.RUNNING
                await self._runs.move(delivery, run, state, why, heard, given, request)
            case Pause(run, why, order):
                given = _commanded(event, order)
                await self._runs.move(delivery, run, RunState.WAITING, why, heard, given)
            case Heed(run, why, order):
                await self._runs.heed(delivery, run, why, heard, _commanded(event, order))
            case Raise(run, usd, why):
                await self._runs.raise_limit(delivery, run, usd, why, heard)
            case Cancel(run, why):
                show = (*heard, *(left_open(met, RunState.CANCELLED) if met else ()))
                await self._runs.move(delivery, run, RunState.CANCELLED, why, show)
            case Close(run, why):
                await self._runs.move(delivery, run, RunState.CLOSED, why, heard)
            case NoteEdit(run, request):
                await self._runs.note_edit(delivery, run, request)

    async def _met(self, event: Event) -> Record | None:
        run = await self._run(event)
        return await self._records.record(run.id) if run else None

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

    async def _reply(self, delivery: int | None, event: Event, desired: Desired) -> None:
        if isinstance(event, Installed):
            raise DefectError("an installation has no conversation")
        number = event.issue if isinstance(event, Labelled | Edited) else event.number
        await self._runs.answer(delivery, event.repository, number, desired, desired.key)


def _commanded(event: Event, order: Order) -> Commanded:
    if not isinstance(event, Said):
        raise DefectError("only a comment gives an order")
    return Commanded(order.word, order.argument, event.actor, event.at)


def _heard(event: Event) -> tuple[Desired, ...]:
    return (_reaction(event, "eyes"),) if isinstance(event, Said) else ()


def _reaction(event: Event, content: str) -> Desired:
    comment = event.comment if isinstance(event, Said) else None
    key = f"reaction/{comment or 'issue'}/{content}"
    return Desired(key, OutwardKind.REACTION, Place.ISSUE, content, comment)
