"""Keeps what is cached from expiring while a tool takes long, as long as that is the cheaper way.

It sends nothing itself, and knows no money: it is told how often it may.
https://docs.claude.com/en/docs/build-with-claude/prompt-caching
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from app.claude.ports import Pause
from app.claude.prices import READ, WRITE

SHORTEST_SECONDS = 240.0
LONGEST_SECONDS = 270.0
"""A cache entry lives for 300 seconds from its last use."""

T = TypeVar("T")


def most_beats(cached: int, pinned: int) -> int:
    """Return how many keep-alives cost less than writing anew what would expire.

    `cached` tokens are read each time; all but the `pinned` ones, kept for an hour, would expire.
    """
    if cached <= 0:
        return 0
    return int((WRITE - READ) * (cached - pinned) / (READ * cached))


class KeepAlive:
    """Sends keep-alives while something else takes its time."""

    def __init__(self, pause: Pause) -> None:
        self._pause = pause

    async def during(
        self, work: Coroutine[Any, Any, T], send: Callable[[], Awaitable[bool]], most: int
    ) -> T:
        """Return what `work` returns; `send` meanwhile, until it says that it was no use."""
        if most == 0:
            return await work
        under_way = asyncio.Lock()
        beats = asyncio.create_task(self._beat(send, most, under_way))
        try:
            result = await work
            # A keep-alive that is under way is waited for: it is paid, and has to be on record.
            async with under_way:
                pass
        finally:
            beats.cancel()
            (failed,) = await asyncio.gather(beats, return_exceptions=True)
        if isinstance(failed, Exception):
            raise failed
        return result

    async def _beat(
        self, send: Callable[[], Awaitable[bool]], most: int, under_way: asyncio.Lock
    ) -> None:
        for _ in range(most):
            await self._pause.between(SHORTEST_SECONDS, LONGEST_SECONDS)
            async with under_way:
                if not await send():
                    return
