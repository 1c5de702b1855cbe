"""Takes away what runs that are over have left: old transcripts and workflows, files on this disk.

Every worker minds its own disk; what it takes from the database is gone for all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from phases.core.errors import TransientError
from phases.core.ports import Clock

log = logging.getLogger(__name__)

ROUND_SECONDS = 600.0


class Retention(Protocol):
    """What the database forgets."""

    async def forget_transcripts(self, before: datetime) -> int:
        """Delete the transcripts of runs that were over before; return of how many."""

    async def strangers(self, repositories: Sequence[int]) -> frozenset[int]:
        """Return those of the repositories that nobody knows."""

    async def over(self, runs: Sequence[str], before: datetime) -> frozenset[str]:
        """Return those of the runs that were over before, or that nobody knows."""


class Attic(Protocol):
    """What runs have left on this disk."""

    def runs(self) -> tuple[str, ...]:
        """Return the runs that have left something."""

    def remove(self, run: str) -> None:
        """Remove what a run has left."""


class Belongings(Protocol):
    """What is kept of repositories on this disk, of this service alone."""

    def repositories(self) -> tuple[int, ...]:
        """Return the repositories of which something is kept."""

    def remove_repository(self, repository: int) -> None:
        """Remove everything of a repository."""


class Environments(Protocol):
    """Prepared dependencies on this disk."""

    def forget_unused(self, before: datetime) -> int:
        """Remove what nobody has used since; return how many that were."""


@dataclass(frozen=True)
class Keeping:
    """For how long things are kept after a run's end, and environments after their last use.

    `workflows` is for how long the durable library's rows of a segment are, after its end.
    """

    transcripts: timedelta
    workflows: timedelta
    files: timedelta
    environments: timedelta


class Upkeep:
    """Tidies up, every ten minutes."""

    def __init__(
        self,
        retention: Retention,
        attic: Attic,
        environments: Environments,
        belongings: tuple[Belongings, ...],
        forget_workflows: Callable[[datetime], Awaitable[int]],
        keeping: Keeping,
        clock: Clock,
    ) -> None:
        self._retention = retention
        self._attic = attic
        self._environments = environments
        self._belongings = belongings
        self._forget_workflows = forget_workflows
        self._keeping = keeping
        self._clock = clock

    async def go_on(self) -> None:
        """Tidy up again and again, until cancelled; what fails is tried again the next time."""
        while True:
            try:
                await self.tidy()
            except (TransientError, OSError) as error:
                log.warning("could not tidy up: %s", error)
            except Exception:
                log.exception("tidying up failed and is tried again")
            await self._clock.sleep(ROUND_SECONDS)

    async def tidy(self) -> None:
        """Tidy up once.

        Raises:
            TransientError: when the database does not answer.
            OSError: when something cannot be removed.
        """
        now = self._clock.now()
        forgotten = await self._retention.forget_transcripts(now - self._keeping.transcripts)
        workflows = await self._forget_workflows(now - self._keeping.workflows)
        left = await asyncio.to_thread(self._attic.runs)
        over = await self._retention.over(left, now - self._keeping.files) if left else frozenset()
        for run in sorted(over):
            await asyncio.to_thread(self._attic.remove, run)
        gone = {
            repository
            for kept in self._belongings
            for repository in await self._remove_strangers(kept)
        }
        unused = await asyncio.to_thread(
            self._environments.forget_unused, now - self._keeping.environments
        )
        if forgotten or workflows or over or gone or unused:
            log.info(
                "tidied up: transcripts of %s runs, %s workflows, files of %s runs, "
                "%s repositories, %s environments",
                *(forgotten, workflows, len(over), len(gone), unused),
            )

    async def _remove_strangers(self, kept: Belongings) -> frozenset[int]:
        """Remove what belongs to repositories that the App does not know any more."""
        known = await asyncio.to_thread(kept.repositories)
        gone = await self._retention.strangers(known) if known else frozenset[int]()
        for repository in sorted(gone):
            await asyncio.to_thread(kept.remove_repository, repository)
        return gone
