"""One thing that a worker does again and again: when it is called, and from time to time.

What fails says so and is tried again, more and more patiently; it takes nothing else down.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from app.durable.bell import Bell
from app.durable.pauses import FIRST_PAUSE_SECONDS, patience
from phases.core.errors import TransientError

log = logging.getLogger(__name__)

# How often a worker that does not keep the house looks whether it does by now.
ASIDE_SECONDS = 0.5


class House(Protocol):
    """Whether the loops of this worker are to turn."""

    @property
    def keeps(self) -> bool:
        """Whether this worker keeps the house now."""


class Loop:
    """Does `turn` at the bell, and `pause` seconds after the last time; `rest` between two times.

    A turn tells whether it has left something to be done at once. One that fails is tried again
    after at most `longest` seconds.
    """

    def __init__(
        self,
        turn: Callable[[], Awaitable[bool]],
        bell: Bell,
        *,
        pause: float,
        rest: float,
        longest: float,
    ) -> None:
        self._turn = turn
        self._bell = bell
        self._pause = pause
        self._rest = rest
        self._longest = longest
        self._failures = 0

    def remind(self) -> None:
        """Call for a turn, unless the last one failed: it is waited out then."""
        if not self._failures:
            self._bell.ring()

    async def go_on(self, house: House) -> None:
        """Turn until cancelled, while this worker keeps the house."""
        while True:
            if not house.keeps:
                await asyncio.sleep(ASIDE_SECONDS)
                continue
            if not await self._try():
                await self._bell.wait(self._patience())
            await asyncio.sleep(self._rest)

    async def _try(self) -> bool:
        try:
            busy = await self._turn()
        except Exception as error:
            if isinstance(error, TransientError):
                log.warning("%s: %s", self._turn.__name__, error)
            else:
                log.exception("%s failed and goes on", self._turn.__name__)
            self._failures += 1
            return False
        self._failures = 0
        return busy

    def _patience(self) -> float:
        if not self._failures:
            return self._pause
        return patience(FIRST_PAUSE_SECONDS, self._failures, self._longest)
