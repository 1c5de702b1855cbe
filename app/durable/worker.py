"""The worker: loops that take deliveries, queue segments, show trackers and send the outbox.

Among many workers only the one that keeps the house does so; all of them drive segments.

Each loop minds one thing; one that fails says so and tries again, and takes no other down.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from app.durable.bell import Bell
from app.durable.delivery_queues import DeliveryQueues
from app.durable.keeper import Keeper
from app.durable.pauses import LONGEST_PAUSE_SECONDS, patience
from app.durable.queueing import Queueing
from phases.core.errors import TransientError
from phases.core.phase import Phase
from phases.core.ports import Records
from phases.core.record import Record
from phases.core.tracker import tracker

log = logging.getLogger(__name__)

# How long a loop that nobody wakes waits; trackers change every five seconds at most.
IDLE_SECONDS = 0.5
TRACKER_SECONDS = 1.0
# One that fails waits longer each time, at most until it would sweep again.
SWEEP_SECONDS = 600.0
BATCH = 50


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
        self._deliveries = deliveries
        self._queueing = queueing
        self._records = records
        self._trackers = trackers
        self._writer = writer
        self._sweep = sweep
        self._seal = seal
        self._phases = phases
        self._keeper = keeper
        self._bell = bell
        self._base_url = base_url
        self._notice = notice
        self._outward = Bell()

    async def work(self, stop: asyncio.Event) -> None:
        """Mind all loops until told to stop."""
        async with asyncio.TaskGroup() as group:
            loops = (
                (self._receive, self._bell, IDLE_SECONDS, LONGEST_PAUSE_SECONDS),
                (self._queueing.dispatch, Bell(), IDLE_SECONDS, LONGEST_PAUSE_SECONDS),
                (self._project, Bell(), TRACKER_SECONDS, LONGEST_PAUSE_SECONDS),
                (self._send, self._outward, IDLE_SECONDS, LONGEST_PAUSE_SECONDS),
                (self._look_around, Bell(), IDLE_SECONDS, SWEEP_SECONDS),
            )
            tasks = [group.create_task(self._mind(*loop, stop)) for loop in loops]
            tasks.append(group.create_task(self._keeper.mind()))
            await stop.wait()
            for task in tasks:
                task.cancel()
        await self._deliveries.end()
        await self._writer.end()

    async def _mind(
        self,
        turn: Callable[[], Awaitable[bool]],
        bell: Bell,
        pause: float,
        longest: float,
        stop: asyncio.Event,
    ) -> None:
        failures = 0
        while not stop.is_set():
            if not self._keeper.keeps:
                await bell.wait(pause)
                continue
            try:
                busy = await turn()
            except Exception as error:
                if isinstance(error, TransientError):
                    log.warning("%s: %s", turn.__name__, error)
                else:
                    log.exception("%s failed and goes on", turn.__name__)
                failures += 1
                await bell.wait(patience(pause, failures, longest))
                continue
            failures = 0
            if not busy:
                await bell.wait(pause)

    async def _receive(self) -> bool:
        taken = await self._deliveries.take(BATCH)
        if taken:
            await self._queueing.dispatch()
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
        await asyncio.sleep(SWEEP_SECONDS)
        return True

    async def _send(self) -> bool:
        return await self._writer.send_due() > 0
