"""A bell that wakes a loop before its time."""

import asyncio


class Bell:
    """Wakes a loop before its time."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, or whoever waits next."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait for the bell, at most that long."""
        # Not `wait_for`: before Python 3.12 it forgets that it was cancelled, when the bell rings
        # at that moment.
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()
