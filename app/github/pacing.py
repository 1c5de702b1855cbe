"""Keeps to GitHub's limits, one installation at a time: writes spaced, patience when asked for it.

GitHub counts for each installation: requests an hour (the primary limit, told in headers), and
writes a minute, requests at once and the like (the secondary limits, told by refusing)
(docs.github.com, "Rate limits for the REST API" and "Best practices for using the REST API").
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from app.github.errors import UNSAID_SECONDS, LimitError
from phases.core.ports import Clock

# A longer wait belongs to whoever queued the work, not into a call that holds a worker.
LONGEST_WAIT_SECONDS = 20.0
# Where GitHub does not say how long, it is longer each time it refuses again.
LONGEST_UNSAID_SECONDS = 960.0


class Pacer:
    """Gives calls their turn; installations do not wait for one another, None is the App itself."""

    def __init__(self, clock: Clock, spacing: timedelta) -> None:
        self._clock = clock
        self._spacing = spacing
        self._free_at: dict[int | None, datetime] = {}
        self._held_until: dict[tuple[int | None, str], datetime] = {}
        self._refusals: dict[int | None, int] = {}

    async def turn(self, installation: int | None, resource: str, *, writes: bool) -> None:
        """Wait until a call may be made; writes of one installation come one after another.

        `resource` is GitHub's word for what has a primary limit of its own: `core`, `graphql`.

        Raises:
            LimitError: when GitHub has asked for more than 20 s of patience.
        """
        if writes:
            moment = self._clock.now()
            start = max(self._held(installation, resource), self._free_at.get(installation, moment))
            self._free_at[installation] = start + self._spacing
            await self._until(start)
        # While one waited, another may have been told to wait for longer.
        while (start := self._held(installation, resource)) > self._clock.now():
            await self._until(start)

    async def _until(self, start: datetime) -> None:
        seconds = (start - self._clock.now()).total_seconds()
        if seconds > 0:
            await self._clock.sleep(seconds)

    def _held(self, installation: int | None, resource: str) -> datetime:
        """Return when calls may be made again, which may be now.

        Raises:
            LimitError: when that is more than 20 s away.
        """
        moment = self._clock.now()
        start = max(self._free(installation, resource), moment)
        seconds = (start - moment).total_seconds()
        if seconds > LONGEST_WAIT_SECONDS:
            raise LimitError(seconds)
        return start

    def refused(self, installation: int | None, seconds: float | None) -> float:
        """Note that a limit was met and return for how long nothing is called, in seconds."""
        count = self._refusals.get(installation, 0)
        self._refusals[installation] = count + 1
        if seconds is None:
            seconds = min(UNSAID_SECONDS * 2**count, LONGEST_UNSAID_SECONDS)
        # A second more: clocks differ.
        self._hold(installation, "", self._clock.now() + timedelta(seconds=seconds + 1.0))
        return seconds

    def answered(self, installation: int | None, headers: Mapping[str, str]) -> None:
        """Note what an answer says of the primary limit: at its end nothing is called in vain."""
        self._refusals.pop(installation, None)
        reset = headers.get("x-ratelimit-reset", "")
        if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
            until = datetime.fromtimestamp(int(reset[:12]), UTC)
            self._hold(installation, headers.get("x-ratelimit-resource", "core"), until)

    def _hold(self, installation: int | None, resource: str, until: datetime) -> None:
        key = (installation, resource)
        self._held_until[key] = max(until, self._held_until.get(key, until))

    def _free(self, installation: int | None, resource: str) -> datetime:
        held = (self._held_until.get((installation, each)) for each in ("", resource))
        return max((moment for moment in held if moment), default=self._clock.now())
