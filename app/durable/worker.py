"""The worker: loops that take deliveries, hand out segments, show trackers and send the outbox.

Among many workers only the one that keeps the house does so; all of them drive segments. One loop
looks whether anything waits, at one question, and calls the others.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from app.durable.bell import Bell
from app.durable.delivery_queues import DeliveryQueues
from app.durable.keeper import Keeper
from app.durable.loop import Loop
from app.durable.pauses import LONGEST_PAUSE_SECONDS
from app.durable.queueing import Queueing
from phases.core.phase import Phase
from phases.core.ports import Records
from phases.core.record import Record
from phases.core.tracker import tracker

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
# A loop that nobody calls turns all the same.
UNCALLED_SECONDS = 30.0
TRACKER_SECONDS = 1.0
# One that fails waits longer each time, at most until it would sweep again.
SWEEP_SECONDS = 600.0
BATCH = 50


class Ahead(Protocol):
    """Of what kinds something waits."""

    @property
    def deliveries(self) -> bool:
        """Whether a delivery has not been dealt with."""

    @property
    def segments(self) -> bool:
        """Whether a segment should be driven, or is."""

    @property
    def trackers(self) -> bool:
        """Whether a tracker does not show its record."""

    @property
    def outbox(self) -> bool:
        """Whether something should stand on GitHub and does not."""


class Outlook(Protocol):
    """What lies ahead of a worker."""

    async def ahead(self) -> Ahead:
        """Return of what kinds something waits."""


class Trackers(Protocol):
    """The trackers as projections of the record."""

    async def unseen(self) -> Sequence[tuple[str, int]]:
        """Return runs whose tracker lags behind."""

    async def show(self, run: str, touched: int, text: str) -> None:
        """Want a tracker to read like this."""


class Writer(Protocol):
    """What sends the outbox."""

    async def send_due(self) -> int:
        """Send what is due; return how many items were dealt with."""

    async def end(self) -> None:
        """Leave off, in the midst of whatever it is."""


class Sweep(Protocol):
    """What looks for events that no webhook brought."""

    async def ask_again(self) -> int:
        """Have failed deliveries sent again."""

    async def look_around(self) -> int:
        """Take what people did and nobody noticed."""


class Seal(Protocol):
    """Signs the hidden block of a tracker, which only a recovery ever reads."""

    def block(self, record: Record) -> str:
        """Return the block as an HTML comment."""


class Worker:
    """Everything that goes on beside the segments themselves."""

    def __init__(
        self,
        outlook: Outlook,
        deliveries: DeliveryQueues,
        queueing: Queueing,
        records: Records,
        trackers: Trackers,
        writer: Writer,
        sweep: Sweep,
        seal: Seal,
        phases: tuple[Phase, ...],
        keeper: Keeper,
        bell: Bell,
        base_url: str,
        notice: str,
    ) -> None:
        self._outlook = outlook
        self._deliveries = deliveries
        self._queueing = queueing
        self._records = records
        self._trackers = trackers
        self._writer = writer
        self._sweep = sweep
        self._seal = seal
        self._phases = phases
        self._keeper = keeper
        self._base_url = base_url
        self._notice = notice
        self._outward = Bell()
        called = partial(Loop, pause=UNCALLED_SECONDS, longest=LONGEST_PAUSE_SECONDS)
        self._looking = Loop(
            self._look, Bell(), pause=LOOK_SECONDS, rest=0.0, longest=LONGEST_PAUSE_SECONDS
        )
        self._receiving = called(self._receive, bell, rest=0.0)
        self._dispatching = called(queueing.dispatch, Bell(), rest=0.0)
        self._projecting = called(self._project, Bell(), rest=TRACKER_SECONDS)
        self._sending = called(self._send, self._outward, rest=0.0)
        self._sweeping = Loop(
            self._look_around, Bell(), pause=SWEEP_SECONDS, rest=0.0, longest=SWEEP_SECONDS
        )

    async def work(self, stop: asyncio.Event) -> None:
        """Mind all loops until told to stop."""
        loops = (
            self._looking,
            self._receiving,
            self._dispatching,
            self._projecting,
            self._sending,
            self._sweeping,
        )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(loop.go_on(self._keeper)) for loop in loops]
            tasks.append(group.create_task(self._keeper.mind()))
            await stop.wait()
            for task in tasks:
                task.cancel()
        await self._deliveries.end()
        await self._writer.end()

    async def _look(self) -> bool:
        ahead = await self._outlook.ahead()
        for waits, loop in (
            (ahead.deliveries, self._receiving),
            (ahead.segments, self._dispatching),
            (ahead.trackers, self._projecting),
            (ahead.outbox, self._sending),
        ):
            if waits:
                loop.remind()
        return False

    async def _receive(self) -> bool:
        taken = await self._deliveries.take(BATCH)
        if taken:
            await self._queueing.dispatch()
            self._projecting.remind()
            self._sending.remind()
        return taken > 0

    async def _project(self) -> bool:
        for run, touched in await self._trackers.unseen():
            record = await self._records.record(run)
            parts = (tracker(record, self._phases), self._foot(run), self._seal.block(record))
            text = "\n".join(part for part in parts if part) + "\n"
            await self._trackers.show(run, touched, text)
            self._outward.ring()
        return False

    def _foot(self, run: str) -> str:
        """Return what the operator adds below a tracker: the notice, the page of the run."""
        parts = [self._notice] if self._notice else []
        if self._base_url:
            parts.append(f"[Details of this run]({self._base_url.rstrip('/')}/runs/{run})")
        return f"<sub>{' · '.join(parts)}</sub>\n" if parts else ""

    async def _look_around(self) -> bool:
        asked = await self._sweep.ask_again()
        found = await self._sweep.look_around()
        if asked or found:
            log.info("swept: %s deliveries asked for again, %s events found", asked, found)
        return False

    async def _send(self) -> bool:
        return await self._writer.send_due() > 0
