"""The one retry layer: seven tries of one request, with jitter, as the server asks for.

The SDK below retries nothing, and nobody above repeats a request.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.claude.faults import EXPECTED, Fault, fault_of
from app.claude.ports import Pause, Watch

TRIES = 7
MOST_SECONDS = 60.0
SECONDS_AFTER_OUTAGE = 300.0
"""When a session comes back that met seven faults in a row."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Succeeded(Generic[T]):
    """What a try brought."""

    value: T


@dataclass(frozen=True)
class GaveUp:
    """The last fault; `after_seconds` is set when the same request may go well later.

    `asked` says that the server has named that time.
    """

    fault: Fault
    after_seconds: float | None
    asked: bool = False


class Retry:
    """Tries a request until it succeeds, cannot succeed, or has to wait too long."""

    def __init__(self, pause: Pause, watch: Watch) -> None:
        self._pause = pause
        self._watch = watch

    async def run(
        self, attempt: Callable[[int], Awaitable[T]], on_lost: Callable[[], Awaitable[None]]
    ) -> Succeeded[T] | GaveUp:
        """Run `attempt` up to seven times, with how often it has failed so far.

        `on_lost` is awaited before each that follows one which was not refused. Only the errors of
        `faults.EXPECTED` are met here.
        """
        for retries in range(TRIES):
            try:
                return Succeeded(await attempt(retries))
            except EXPECTED as error:
                fault = fault_of(error, self._watch.now())
            _log.warning("model request failed", extra={"fault": fault.name, "tries": retries + 1})
            if not fault.again:
                return GaveUp(fault, None)
            if fault.after is not None and fault.after > MOST_SECONDS:
                return GaveUp(fault, fault.after, asked=True)
            if retries + 1 < TRIES:
                await self._wait(fault, retries)
                if not fault.refused:
                    await on_lost()
        return GaveUp(fault, SECONDS_AFTER_OUTAGE)

    async def _wait(self, fault: Fault, retries: int) -> None:
        if fault.after is not None:
            await self._pause.between(fault.after, min(fault.after + 1, MOST_SECONDS))
            return
        longest = min(MOST_SECONDS, 2.0**retries)
        await self._pause.between(longest / 2, longest)
