"""Puts the files of a commit into a new directory, byte for byte, running nothing of it.

What happens to them afterwards is not its business.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from app.workspace import names
from app.workspace.git import Git, GitError
from app.workspace.objects import GITLINK, Entry, Objects
from app.workspace.removal import remove_tree
from app.workspace.sandbox.beneath import own_tree
from phases.core.errors import BlockedError
from phases.core.model import short

MOST_FILES = 100_000
MOST_BYTES = 4 << 30
MOST_FILE_BYTES = 512 << 20
_MOST_PATH_BYTES = 2048
_LEFT_SECONDS = 86_400


def guard(listing: Mapping[bytes, Entry]) -> None:
    """Refuse a tree that is too much for a checkout.

    Raises:
        BlockedError: it says which bound is exceeded, and by what.
    """
    if len(listing) > MOST_FILES:
        raise BlockedError(
            f"The repository holds {len(listing)} files; at most {MOST_FILES} are worked on."
        )
    total = 0
    for path, entry in listing.items():
        total += entry.size or 0
        if len(path) > _MOST_PATH_BYTES:
            raise BlockedError(
                f"The repository holds a path of {len(path)} bytes: `{names.shown(path[:80])}…`;"
                f" at most {_MOST_PATH_BYTES} are worked on."
            )
        if (entry.size or 0) > MOST_FILE_BYTES or total > MOST_BYTES:
            raise BlockedError(
                f"The repository is too large: `{names.shown(path)}` brings it to"
                f" {total >> 20} MiB; at most {MOST_FILE_BYTES >> 20} MiB a file and"
                f" {MOST_BYTES >> 20} MiB in all are worked on."
            )


class Checkouts:
    """Makes and removes checkouts. `owner` is the uid that they shall belong to, if not our own."""

    def __init__(self, git: Git, owner: int | None) -> None:
        self._git = git
        self.owner = owner

    async def make(self, objects: Objects, commit: str, root: Path, index: Path) -> None:
        """Fill `root`, made anew, with the files of a commit; `index` becomes git's index of them.

        Submodules are empty directories.

        Raises:
            BlockedError: when the commit holds a path that git itself refuses.
        """
        await asyncio.to_thread(_make_anew, root)
        environment = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(root)}
        try:
            await self._git.run(
                objects.gitdir, "read-tree", "--end-of-options", commit, environment=environment
            )
            await self._git.run(
                objects.gitdir, *("checkout-index", "-a", "-u", "-q"), environment=environment
            )
        except GitError as error:
            raise BlockedError(
                f"The commit {short(commit)} cannot be checked out: {error.stderr.strip()[:500]}"
            ) from error
        if self.owner is not None:
            await asyncio.to_thread(own_tree, root, self.owner)

    def place(self, root: Path) -> Path:
        """Return a new directory below `root` that nobody else uses.

        What a process that was killed has left there for more than a day is removed.
        """
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in root.iterdir():
            # Others remove theirs at the same time.
            with suppress(FileNotFoundError):
                if time.time() - left.lstat().st_mtime > _LEFT_SECONDS:
                    remove_tree(left)
        return Path(tempfile.mkdtemp(dir=root))

    async def remove(self, path: Path) -> None:
        """Remove a directory and all that an agent left in it, without following a link."""
        await asyncio.to_thread(remove_tree, path)


def gitlinks(listing: Mapping[bytes, Entry]) -> frozenset[bytes]:
    """Return the paths of submodules."""
    return frozenset(path for path, entry in listing.items() if entry.mode == GITLINK)


def _make_anew(root: Path) -> None:
    remove_tree(root)
    root.mkdir(parents=True, mode=0o755)
    root.chmod(0o755)
