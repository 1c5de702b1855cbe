"""Whether this worker is being stopped, asked where a drive may end without losing anything.

A safe point lies between two turns, and before a piece of work. It cancels nobody: whoever passes
one while the worker drains ends there, and the next worker goes on from the rows.
"""

import asyncio


class Drain:
    """One worker's readiness to go."""

    def __init__(self) -> None:
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether the worker is being stopped."""
        return self._begun

    def begin(self) -> None:
        """Let every drive end at its next safe point."""
        self._begun = True

    def pass_point(self) -> None:
        """Go on past a safe point.

        Raises:
            CancelledError: the worker is being stopped; what is cancelled stays pending.
        """
        if self._begun:
            raise asyncio.CancelledError
