"""Bare caches of repositories, and the runs' own object stores that borrow from them.

No agent ever sees one of these directories; the cage is shown their objects, read-only.
"""

import asyncio
import fcntl
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.workspace.git import Git
from app.workspace.objects import Objects, init_bare
from app.workspace.remote import Remote
from phases.core.errors import DefectError, TransientError
from phases.core.model import Repository, Run

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_LOCK_TRIES = 3600
_LOCK_SECONDS = 0.25


class Mirrors:
    """One directory below `root` per repository: `mirror.git`, and `runs/<run>.git` beside it."""

    def __init__(self, git: Git, remote: Remote, root: Path) -> None:
        self._git = git
        self._remote = remote
        self._root = root

    def mirror(self, repository: Repository) -> Path:
        """Return where the cache of a repository lies."""
        return self._root / str(repository.id) / "mirror.git"

    async def refresh(self, repository: Repository) -> None:
        """Bring the cache up to date.

        Raises:
            TransientError: when GitHub does not answer.
            BlockedError: when it refuses.
        """
        mirror = self.mirror(repository)
        async with _locked(self._home(repository) / "lock") as lock:
            if not _exists(mirror / "HEAD"):
                await init_bare(self._git, mirror)
            # A fetch that outlives this process keeps the next one waiting.
            await self._remote.fetch(repository, mirror, lock)

    async def objects(self, run: Run) -> Objects:
        """Return the run's own object store, made when it is not there."""
        if not _RUN.fullmatch(run.id):
            raise DefectError(f"{run.id!r} cannot name a directory")
        mirror = self.mirror(run.repository)
        gitdir = self._home(run.repository) / "runs" / f"{run.id}.git"
        async with _locked(self._home(run.repository) / f"lock-{run.id}"):
            if not _exists(mirror / "HEAD"):
                await init_bare(self._git, mirror)
            return await Objects.make(self._git, gitdir, borrows=mirror)

    async def tip(self, repository: Repository, branch: str) -> str | None:
        """Return where a branch stood on GitHub when the cache was last brought up to date."""
        return await Objects(self._git, self.mirror(repository)).ref(
            f"refs/remotes/origin/{branch}"
        )

    def _home(self, repository: Repository) -> Path:
        home = self._root / str(repository.id)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return home


def _exists(path: Path) -> bool:
    return path.exists()


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[int]:
    """Hold a lock that other processes respect too, as a descriptor; it dies with its holders."""
    with path.open("a") as handle:
        for _ in range(_LOCK_TRIES):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_SECONDS)
        else:
            raise TransientError("Another worker has held this repository's cache for too long.")
        yield handle.fileno()
