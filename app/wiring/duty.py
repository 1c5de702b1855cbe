"""A worker on duty: launched, at its loops, drained at the end. Its parts: see `worker`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

from app.durable.drain import Drain
from app.durable.keeper import Keeper, LeasedKeeper, OnlyKeeper
from app.durable.lanes import SharedLane, StraightLane
from app.durable.segments import Segments, give_up_everything, give_up_the_dead, launched
from app.durable.worker import Worker
from app.settings import Settings
from app.store.database import Database
from app.store.engine import make_durable_engine
from app.store.journal import StoredJournal
from app.store.leases import Leases
from app.store.money import Spending
from phases.core.ports import Clock
from phases.core.session import Assignment, LedgerEntry, Pending, Results, TurnRow

log = logging.getLogger(__name__)
DURABLE_THREADS = 16
# With what closing takes this stays below the 30 s that supervisors give.
DRAIN_SECONDS = 20.0
MIND_SECONDS = 10.0


class DrainingJournal(StoredJournal):
    """The rows of sessions for a worker that may be stopped: a session ends between two turns."""

    def __init__(self, database: Database, clock: Clock, spending: Spending, drain: Drain) -> None:
        super().__init__(database, clock, spending)
        self._drain = drain

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        """Return the rows of a session, unless the worker is being stopped.

        Raises:
            CancelledError: it is.
        """
        self._drain.pass_point()
        return await super().turns(session)

    async def asks(
        self, assignment: Assignment, n: int, estimate: LedgerEntry, results: Results | None
    ) -> Pending:
        """Put a request on the ledger; a session of a worker that is being stopped asks no more.

        Raises:
            StaleSegmentError: when the run does not run any more.
            CancelledError: the worker is being stopped; the row before is complete.
        """
        if self._drain.begun and results is not None:
            await self.results(assignment, n - 1, results)
        return await super().asks(assignment, n, estimate, results)

    async def results(self, assignment: Assignment, n: int, results: Results) -> None:
        """Complete a row; a session of a worker that is being stopped ends behind it.

        Raises:
            StaleSegmentError: when the run does not run any more.
            CancelledError: the worker is being stopped.
        """
        await super().results(assignment, n, results)
        self._drain.pass_point()


@dataclass(frozen=True)
class Crew:
    """What a worker's loops need."""

    worker: Worker
    segments: Segments
    lane: StraightLane | SharedLane


@dataclass(frozen=True)
class Post:
    """Where a worker stands: its name among others, who keeps the house, what tells it to stop.

    Turns have `drain_seconds` to end when it is stopped.
    """

    executor: str
    keeper: Keeper
    stop: asyncio.Event
    drain_seconds: float


@contextmanager
def durable_engine_of(settings: Settings) -> Iterator[object]:
    """Open the engine that the durable library works on."""
    engine = make_durable_engine(settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def one_worker(settings: Settings) -> bool:
    """Tell whether there can be only one worker: a lock beside an SQLite file sees to that."""
    return settings.sqlite_file is not None


def keeper_of(
    settings: Settings, leases: Leases, executor: str, give_way: Callable[[], None]
) -> Keeper:
    """Return who keeps the house: the only worker on SQLite, a holder of leases elsewhere."""
    if one_worker(settings):
        return OnlyKeeper(give_up_everything, executor)
    seconds = settings.lease_seconds
    return LeasedKeeper(leases, give_up_the_dead, executor, give_way, seconds)


@asynccontextmanager
async def on_duty(settings: Settings, crew: Crew, post: Post) -> AsyncIterator[asyncio.Task[None]]:
    """Launch a worker and mind its loops; at the end let turns end, then let go of the rest."""
    async with AsyncExitStack() as stack:
        engine = stack.enter_context(durable_engine_of(settings))
        queues = crew.lane.queues
        stack.enter_context(launched(engine, post.executor, DURABLE_THREADS, queues))
        stack.push_async_callback(crew.segments.let_go)
        await post.keeper.begin()
        await crew.lane.open()
        task = asyncio.create_task(crew.worker.work(post.stop), name="worker")
        minding = asyncio.create_task(crew.segments.mind(post.executor, MIND_SECONDS))
        try:
            yield task
        finally:
            await _drain(crew.segments, post)
            post.stop.set()
            minding.cancel()
            await asyncio.gather(task, minding, return_exceptions=True)


async def _drain(segments: Segments, post: Post) -> None:
    # Loops and leases go on meanwhile. Who lost its lease has nothing left to finish.
    if post.stop.is_set():
        return
    most = post.drain_seconds
    if not await segments.drain(most):
        log.warning("some turns did not end in %s s; what they asked is asked again", most)
