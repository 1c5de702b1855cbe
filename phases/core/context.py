"""What a phase body may do: perform work by name, side by side or in turn, and see the record."""

from typing import Protocol

from phases.core.record import Performed, Record
from phases.core.work import PhaseName, Work


class RunContext(Protocol):
    """One drive of one run, as a phase sees it.

    A work's round is how often its performer was asked for in this phase so far, so that a body
    entered again asks for the same names and gets what was accepted under them. Rounds that a
    person had done again are counted and passed over.
    """

    @property
    def record(self) -> Record:
        """What is on record now."""

    def enter(self, phase: PhaseName) -> None:
        """Name what follows after a phase; its rounds count from one."""

    async def perform(
        self, work: Work, *, subject: str | None = None, answering: tuple[Performed, ...] = ()
    ) -> Performed:
        """Return what was accepted under this work's name, performing it first when nothing was.

        Raises:
            BlockedError: when it could not be brought to an accepted end.
            TransientError: when it may go well later.
        """

    async def together(
        self, *works: Work, answering: tuple[Performed, ...] = ()
    ) -> tuple[Performed, ...]:
        """Perform works side by side; all of them finish before any error is raised."""
