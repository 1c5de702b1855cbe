"""The checkout of one step: a desk for the session's tools, and what the service reads from it.

It implements `phases.core.ports.Worktree` on git. Nothing it returns was taken from the agent's
word.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import replace

from pathspec import GitIgnoreSpec

from app.workspace import names
from app.workspace.committing import Committer, Place
from app.workspace.lookup import Lookup
from app.workspace.sandbox.errors import SandboxError
from app.workspace.snapshots import Snapshots
from app.workspace.tools.toolbox import Toolbox
from app.workspace.working_tree import WorkingTree
from phases.core.errors import SnapshotLostError, TransientError
from phases.core.model import Change, Commit
from phases.core.ports import ToolResult
from phases.core.submission import CommitMessage

log = logging.getLogger(__name__)
# As merges leave them: both, so that a heading underlined with equals signs is none.
_MARKERS = re.compile(rb"^<{7} .*^>{7} ", re.DOTALL | re.MULTILINE)


class GitWorktree:
    """One step's checkout.

    `lookup` finds the places that an artifact cites; `protected` are patterns of paths that the
    repository lets no run change.
    """

    def __init__(
        self,
        tree: WorkingTree,
        toolbox: Toolbox,
        committer: Committer,
        place: Place,
        lookup: Lookup,
        *,
        snapshots: Snapshots,
        protected: tuple[str, ...],
        conflicts: tuple[str, ...],
        writable: bool,
    ) -> None:
        self._snapshots = snapshots
        self._tree = tree
        self._toolbox = toolbox
        self._committer = committer
        self._place = place
        self._lookup = lookup
        self._protected = GitIgnoreSpec.from_lines(protected)
        self._conflicts = conflicts
        self._writable = writable
        self._beginning = place.start

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Run one tool in the cage.

        Raises:
            TransientError: when the cage could not be built.
        """
        try:
            result = await self._toolbox.call(tool, arguments)
        except SandboxError as error:
            raise TransientError(f"The cage could not be built: {error}") from error
        return ToolResult(result.text, result.is_error)

    async def snapshot(self) -> str | None:
        """Keep the files as they are; the name is that of a git tree in the run's store."""
        if not self._writable:
            return None
        tree = await self._tree.keep()
        await self._snapshots.keep(tree)
        return tree

    async def restore(self, snapshot: str) -> None:
        """Put the files back to a snapshot; ignored files stay.

        Raises:
            SnapshotLostError: when it was made elsewhere, and is not to be had here.
        """
        await self._snapshots.fetch(snapshot)
        await self._tree.put_back(snapshot)

    async def begin_again(self) -> None:
        """Put the files back to how the session began."""
        await self._tree.put_back(self._beginning)

    async def take_up(self, snapshot: str) -> bool:
        """Begin with the files of an earlier attempt; False, and as opened, when they are lost."""
        try:
            await self.restore(snapshot)
        except SnapshotLostError:
            return False
        self._beginning = snapshot
        return True

    async def changes(self) -> tuple[Change, ...]:
        """Return what differs from the start, with the reason for what may not stand."""
        differences = await self._tree.differences()
        return tuple(self._judged(change) for change in differences.changes)

    async def restore_paths(self, paths: tuple[str, ...]) -> None:
        """Put single paths back to the commit the step started from."""
        await self._tree.put_back_paths(paths)

    async def commit(self, message: CommitMessage, trailers: Mapping[str, str]) -> Commit:
        """Make one commit of the changes as the App's bot, or find the one that was made.

        Raises:
            BlockedError: when the changes hold something that is never committed.
        """
        return await self._committer.commit(self._place, self._tree, message, trailers)

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The paths that a merge left with conflicts; none where nothing was merged."""
        return self._conflicts

    async def unresolved(self) -> tuple[str, ...]:
        """Return those of them whose files still hold conflict markers."""
        listing = await self._place.objects.listing(await self._tree.keep())
        there = {names.shown(path): entry for path, entry in listing.items()}
        entries = {path: there[path] for path in self._conflicts if path in there}
        contents = await self._place.objects.blobs([entry.oid for entry in entries.values()])
        pairs = zip(entries, contents, strict=True)
        marked = {path for path, content in pairs if _MARKERS.search(content)}
        # A name that git could not show cannot be looked up: nobody knows what is in that file.
        return tuple(path for path in self._conflicts if path in marked or path.startswith('"'))

    async def written(self, *, limit: int) -> str:
        """Return the unified diff from the step's start to its files now, cut at `limit` bytes."""
        now = await self._tree.keep()
        text, _ = await self._place.objects.diff(self._place.start, now, most=limit)
        return text

    def betrays(self, text: str) -> bool:
        """Tell whether a text holds a secret of this service; the log raises the alarm."""
        betrayed = self._committer.betrayed_by(text)
        if betrayed:
            log.critical("a secret of this service turned up in %s", self._place.work)
        return betrayed

    async def diff(self, base: str, *, limit: int) -> str:
        """Return the unified diff from a commit to the step's start, cut at `limit` characters."""
        text, whole = await self._place.objects.diff(base, self._place.start, most=limit * 4)
        if whole and len(text) <= limit:
            return text
        return f"{text[:limit]}\n[The diff goes on; beyond {limit} characters it is left out.]"

    def line_exists(self, path: str, line: int | None) -> bool:
        """Tell whether a path (and line, from 1) is there, at the step's start or now."""
        return self._lookup.exists(path, line)

    def _judged(self, change: Change) -> Change:
        if change.refusal or not self._protected.match_file(change.path):
            return change
        return replace(change, refusal="`.github/phaseline.yml` protects it")
