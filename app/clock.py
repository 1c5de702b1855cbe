"""The real clock, and real waiting: the one implementation of every room's port for time.

The time of day that it tells does not jump, whatever becomes of the machine's.
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

# How much of the time that goes by may be spent on following the machine: 2 h take 40 h.
MOST_SLEW = 0.05


def lived() -> float:
    """Return seconds that never run backwards and go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """A clock that begins at `wall` and moves with `elapsed`, both in seconds.

    A wall clock that is set forward would end every limit of time at once, and one that is set
    back would let waits last as long as it was wrong: it is followed slowly instead.
    """

    def __init__(self, wall: Callable[[], float], elapsed: Callable[[], float]) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._seen = elapsed()
        self._at = wall()

    def now(self) -> datetime:
        """Return the present moment in UTC; never one that lies before the last."""
        with self._lock:
            seen, wall = self._elapsed(), self._wall()
            gone = seen - self._seen
            most = gone * MOST_SLEW
            self._seen = seen
            self._at += gone + min(most, max(-most, wall - self._at - gone))
            return datetime.fromtimestamp(self._at, UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let that much time go by."""
        await asyncio.sleep(seconds)

    async def between(self, shortest: float, longest: float) -> None:
        """Sleep for a random time between the two, in seconds."""
        await asyncio.sleep(random.uniform(shortest, longest))  # noqa: S311 - spreads retries.


class SystemClock(SteadyClock):
    """The clock of this machine."""

    def __init__(self) -> None:
        super().__init__(time.time, lived)
