"""Which worker keeps the house: takes deliveries, sends the outbox, replaces dead segments.

Every worker drives segments; one at a time keeps the house. On SQLite there is only one worker.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from app.clock import lived
from phases.core.errors import TransientError

log = logging.getLogger(__name__)

# So often a lease is renewed while it lasts. A dead worker's segments go on elsewhere within its
# lease and two turns of the keeper's loop.
RENEWALS = 3
HOUSE = "keeper"
WORKER = "worker/"


class Leases(Protocol):
    """Who is alive, by the database's clock."""

    async def take(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease; False when somebody else holds it."""

    async def release(self, holder: str) -> None:
        """Give up everything that a holder has."""

    async def living(self, prefix: str) -> frozenset[str]:
        """Return the holders of unexpired leases whose names begin so."""


class Keeper(Protocol):
    """Whether this worker keeps the house, and what it does for those that died."""

    @property
    def keeps(self) -> bool:
        """Whether this worker keeps the house now."""

    @property
    def workers(self) -> int:
        """How many workers drive segments, as far as the one that keeps the house knows."""

    async def begin(self) -> None:
        """Show that this worker lives, before it drives anything."""

    async def mind(self) -> None:
        """Renew what is held, and replace what the dead left, until cancelled."""


class OnlyKeeper:
    """The keeper of a house with one worker, which a lock on the database's file proves."""

    def __init__(self, bury: Callable[[], Awaitable[int]], executor: str) -> None:
        self._bury = bury
        self._executor = executor

    @property
    def keeps(self) -> bool:
        """There is nobody else."""
        return True

    @property
    def workers(self) -> int:
        """There is one."""
        return 1

    async def begin(self) -> None:
        """Give up what a worker before this one left: nobody else can be alive."""
        given_up = await self._bury()
        log.info("worker %s is up; %s dead segments given up", self._executor, given_up)

    async def mind(self) -> None:
        """Wait: there is nothing to renew."""
        await asyncio.Event().wait()


class LeasedKeeper:
    """A keeper among many workers: each holds a lease on its life, one of them on the house.

    A lease lasts for `seconds`.
    """

    def __init__(
        self,
        leases: Leases,
        bury: Callable[[frozenset[str]], Awaitable[int]],
        executor: str,
        give_way: Callable[[], None],
        seconds: float,
    ) -> None:
        self._seconds = seconds
        self._leases = leases
        self._bury = bury
        self._executor = executor
        self._give_way = give_way
        self._keeps = False
        self._workers = 1
        self._renewed = lived()

    @property
    def keeps(self) -> bool:
        """Whether this worker holds the house, and its lease cannot have run out."""
        return self._keeps and lived() - self._renewed < self._seconds

    @property
    def workers(self) -> int:
        """Those whose leases ran at the last look."""
        return self._workers

    async def begin(self) -> None:
        """Take the worker's lease, so that nobody takes it for dead.

        Raises:
            TransientError: when the database does not answer.
        """
        began = lived()
        await self._leases.take(WORKER + self._executor, self._executor, self._seconds)
        self._renewed = began

    async def mind(self) -> None:
        """Renew; a worker that could not for as long as its lease lasts gives way at once."""
        while True:
            try:
                await self._turn()
            except TransientError as error:
                log.warning("leases could not be renewed: %s", error)
            if lived() - self._renewed > self._seconds:
                log.error("the lease ran out; others do this worker's work now")
                self._give_way()
                return
            await asyncio.sleep(self._seconds / RENEWALS)

    async def _turn(self) -> None:
        began = lived()
        if not await self._leases.take(WORKER + self._executor, self._executor, self._seconds):
            return
        self._renewed = began
        self._keeps = await self._leases.take(HOUSE, self._executor, self._seconds)
        if self._keeps:
            living = await self._leases.living(WORKER)
            self._workers = max(1, len(living))
            given_up = await self._bury(living)
            if given_up:
                log.warning("%s segments of dead workers given up", given_up)
