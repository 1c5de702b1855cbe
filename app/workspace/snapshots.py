"""The snapshots of one piece of work: kept where another machine finds them, fetched from there.

They are trees of the run's own object store; here it is only decided what of them travels.
"""

import logging

from app.workspace.git import GitError
from app.workspace.objects import Objects
from app.workspace.ports import Packs
from phases.core.errors import SnapshotLostError

log = logging.getLogger(__name__)

MOST_BYTES_OF_PACK = 20 << 20


class Snapshots:
    """The snapshots of the piece of work `work` of a run; its checkout starts as `start`."""

    def __init__(self, objects: Objects, packs: Packs, run: str, work: str, start: str) -> None:
        self._objects = objects
        self._packs = packs
        self._run = run
        self._work = work
        self._start = start
        self._known: list[str] = []

    async def keep(self, tree: str) -> None:
        """Keep what a tree has over those that are kept, unless it is too large."""
        known = await self._known_here()
        if tree in known:
            return
        pack = await self._objects.pack(tree, without=known, most=MOST_BYTES_OF_PACK)
        if pack is None or not await self._packs.keep(self._run, self._work, tree, pack):
            log.warning("a snapshot of %s in run %s stays on this machine", self._work, self._run)
            return
        known.append(tree)

    async def fetch(self, tree: str) -> None:
        """Make sure that a tree is here.

        Raises:
            SnapshotLostError: when it was too large to be kept, or is not kept any more.
        """
        if await self._objects.has_commit(tree):
            return
        try:
            for pack in await self._packs.packs(self._run, self._work):
                await self._objects.unpack(pack)
        except GitError as error:
            log.warning("snapshots of %s in run %s: %s", self._work, self._run, error)
        if not await self._objects.has_commit(tree):
            raise SnapshotLostError(
                "The work goes on on another machine, and its unfinished files were too large to be"
                " taken along: the step begins anew from the last commit that was pushed."
            )

    async def _known_here(self) -> list[str]:
        if not self._known:
            kept = await self._packs.trees(self._run, self._work)
            here = [tree for tree in kept if await self._objects.has_commit(tree)]
            self._known = [await self._objects.tree_of(self._start), *here]
        return self._known
