"""Hears what moves no run: comments of ours that people alter, branches that move on."""

from typing import Protocol, assert_never

from phases.core.events import Advanced, Altered, Aside
from phases.core.model import Run
from phases.core.outward import Shown
from phases.restoring import Restoration, restoration


class Comments(Protocol):
    """The comments of runs that stand on GitHub."""

    async def find(self, repository: int, comment: int) -> tuple[Run, Shown] | None:
        """Return a comment by GitHub's id, with its run."""

    async def restore(
        self, delivery: int | None, comment: int, shown: Shown, what: Restoration
    ) -> None:
        """Have a comment written again, or left alone; the delivery is dealt with."""


class Runs(Protocol):
    """The runs, as far as they are told of branches."""

    async def note_tip(self, delivery: int | None, repository: int, branch: str, tip: str) -> None:
        """Note where the base branch of runs stands; the delivery is dealt with."""

    async def ignore(self, delivery: int | None, why: str) -> None:
        """Do nothing."""


class Asides:
    """What becomes of such events."""

    def __init__(self, comments: Comments, runs: Runs) -> None:
        self._comments = comments
        self._runs = runs

    async def hear(self, delivery: int | None, event: Aside) -> None:
        """Apply an event; without a delivery nobody waits for it."""
        match event:
            case Altered():
                await self._altered(delivery, event)
            case Advanced(repository, branch, tip):
                await self._runs.note_tip(delivery, repository.id, branch, tip)
            case _:
                assert_never(event)

    async def _altered(self, delivery: int | None, event: Altered) -> None:
        found = await self._comments.find(event.repository.id, event.comment)
        what = restoration(event, found[1], found[0].state) if found else None
        if found is None or what is None:
            await self._runs.ignore(delivery, "no comment that is to be put right")
        else:
            await self._comments.restore(delivery, event.comment, found[1], what)
