"""The one place where a call to GitHub is made again, for as long as a caller can wait.

What takes longer is given back: to the outbox, which postpones, or to the run, which waits.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from app.github.errors import LimitError, NoTokenError
from app.github.pacing import LONGEST_WAIT_SECONDS, Pacer
from phases.core.errors import TransientError
from phases.core.ports import Clock

MOST_REPEATS = 3
FIRST_PAUSE_SECONDS = 0.5

T = TypeVar("T")


@dataclass(frozen=True)
class Lane:
    """Which of GitHub's limits a call counts against; None is the App itself.

    `resource` is GitHub's word for what has a primary limit of its own: `core`, `graphql`.
    """

    installation: int | None
    resource: str
    writes: bool


class Patience:
    """Asks in the pace that GitHub sets, and again where that does no harm."""

    def __init__(self, pacer: Pacer, clock: Clock) -> None:
        self._pacer = pacer
        self._clock = clock

    async def ask(self, call: Callable[[], Awaitable[T]], lane: Lane, *, repeats: int) -> T:
        """Make a call; after an outage again, `repeats` times at pauses of 0.5, 1, 2 s.

        A limit is waited out once, whatever the call: what was refused had no effect.

        Raises:
            LimitError: when GitHub asks for 20 s of patience or more, or a second time.
            TransientError: when it does not answer.
        """
        pause = FIRST_PAUSE_SECONDS
        waited = False
        while True:
            await self._pacer.turn(lane.installation, lane.resource, writes=lane.writes)
            try:
                return await call()
            except LimitError as limit:
                seconds = self._pacer.refused(lane.installation, limit.seconds)
                if waited or seconds >= LONGEST_WAIT_SECONDS:
                    raise LimitError(seconds) from limit
                waited = True
            except NoTokenError:
                # Its minting was repeated already.
                raise
            except TransientError:
                if repeats == 0:
                    raise
                repeats -= 1
                await self._clock.sleep(pause)
                pause *= 2
