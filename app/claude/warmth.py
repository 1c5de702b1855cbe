"""Lets the first of several like sessions warm the cache for its fellows.

A cold fan-out shares nothing: an entry of the cache can be read once the reply that wrote it has
begun. It is advice, not a lock: who waits too long goes ahead.
"""

import asyncio
from collections.abc import Callable, Hashable

PATIENCE_SECONDS = 10.0
"""How long a fellow waits for the first: replies begin sooner, and an outage must not hold it."""


def _nothing() -> None:
    """Release nobody."""


class Warmth:
    """The sessions of this process that are about to send their first request."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience = patience_seconds
        self._leaders: dict[Hashable, asyncio.Event] = {}

    async def join(self, key: Hashable) -> Callable[[], None]:
        """Return at once to the first of a key; to others when it is warm, or patience ends.

        The first must call what is returned, at its first streamed event and at its end.
        """
        leader = self._leaders.get(key)
        if leader is None:
            return self._lead(key)
        try:
            async with asyncio.timeout(self._patience):
                await leader.wait()
        except TimeoutError:
            pass
        return _nothing

    def _lead(self, key: Hashable) -> Callable[[], None]:
        warm = asyncio.Event()
        self._leaders[key] = warm

        def release() -> None:
            warm.set()
            if self._leaders.get(key) is warm:
                del self._leaders[key]

        return release
