"""The real clock, and real waiting: the one implementation of every room's port for time."""

import asyncio
import random
import time
from datetime import UTC, datetime


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let that much time go by."""
        await asyncio.sleep(seconds)

    async def between(self, shortest: float, longest: float) -> None:
        """Sleep for a random time between the two, in seconds."""
        await asyncio.sleep(random.uniform(shortest, longest))  # noqa: S311 - spreads retries.
