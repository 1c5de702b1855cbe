"""The real pause and the real watch. Tests bring their own."""

import asyncio
import random
import time
from datetime import UTC, datetime


class JitterPause:
    """Sleeps for a time drawn evenly between the bounds."""

    async def between(self, shortest: float, longest: float) -> None:
        """Sleep for a random time between the two, in seconds."""
        await asyncio.sleep(random.uniform(shortest, longest))  # noqa: S311 - spreads load, guards nothing


class SystemWatch:
    """The clocks of this machine."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()
