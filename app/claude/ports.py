"""What a session asks of the outside, apart from the model and the desk.

The journal is the store's; nothing here knows how rows are kept.
"""

from datetime import datetime
from typing import Protocol

from phases.core.allowance import Allowance
from phases.core.session import Assignment, Json, LedgerEntry, Opening, Pending, Results, TurnRow


class Journal(Protocol):
    """The rows of a session: what was asked, answered, run and paid, in the order it happened."""

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        """Return the rows of a session by `n`, from 0.

        JSON comes back with its keys in the order they were given: the model's cache and its
        thinking are bound to the bytes.
        """

    async def opening(self, session: str) -> Opening | None:
        """Return what a session began with, or None for one that has not begun."""

    async def begin(self, assignment: Assignment, opening: Opening) -> Allowance:
        """Put on record what a session begins with, before its first request.

        Return what the run may use from here.

        Raises:
            StaleSegmentError: the session has begun already, so somebody else holds it.
        """

    async def asks(
        self, assignment: Assignment, n: int, estimate: LedgerEntry, results: Results | None
    ) -> Pending:
        """Put a request on the ledger before it is sent: for row `n`, or behind it without a row.

        With `results`, row `n - 1` is completed in the same transaction; then nothing was asked for
        row `n` before.

        Raises:
            StaleSegmentError: the run has moved on.
        """

    async def settle(self, assignment: Assignment, number: int, entry: LedgerEntry | None) -> None:
        """Put what a request has cost in the place of its estimate; None: nothing."""

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        number: int,
        entry: LedgerEntry,
        seconds: float,
    ) -> Allowance:
        """Add row `n` and settle its request in one transaction, before any of its tools runs.

        Return what the run may use from here.

        Raises:
            StaleSegmentError: the session has a row `n` already, so somebody else holds it; its
                request is settled all the same.
        """

    async def results(self, assignment: Assignment, n: int, results: Results) -> None:
        """Complete row `n`, when no request follows.

        Raises:
            StaleSegmentError: the run has moved on.
        """

    async def keep_output(self, assignment: Assignment, n: int, call: int, text: str) -> bool:
        """Keep the whole output of a call of row `n`, both from 0; kept again, it is replaced.

        False when the run has kept as much as it may.
        """

    async def output(self, session: str, n: int, call: int) -> str | None:
        """Return a kept output, or None."""

    async def allowance(self, run: str) -> Allowance:
        """Return what a run may use now."""


class Pause(Protocol):
    """Waiting, with the chance in it: retries of many sessions must not come at once."""

    async def between(self, shortest: float, longest: float) -> None:
        """Sleep for a random time between the two, in seconds."""


class Watch(Protocol):
    """The time of day, and the time that passes."""

    def now(self) -> datetime:
        """Return the present moment, with its time zone."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""
