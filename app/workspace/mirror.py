"""Bare caches of repositories, and the runs' own object stores that borrow from them.

No agent ever sees one of these directories; the cage is shown their objects, read-only.
"""

import asyncio
import fcntl
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from app.workspace.bare import borrows, init_bare, init_borrowing
from app.workspace.git import Git
from app.workspace.objects import Objects
from app.workspace.remote import Remote
from phases.core.errors import DefectError, TransientError
from phases.core.model import Repository, Run, short

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_LOCK_TRIES = 18_000
_LOCK_SECONDS = 0.05
_MOST_REMEMBERED = 1024


class Mirrors:
    """One directory below `root` per repository: `mirror.git`, and `runs/<run>.git` beside it."""

    def __init__(self, git: Git, remote: Remote, root: Path) -> None:
        self._git = git
        self._remote = remote
        self._root = root
        self._locks = _Locks()
        # Commits do not go away while their store stands: each is looked for once.
        self._here: dict[tuple[Path, str], None] = {}

    def mirror(self, repository: Repository) -> Path:
        """Return where the cache of a repository lies."""
        return self._root / str(repository.id) / "mirror.git"

    async def refresh(self, repository: Repository) -> None:
        """Bring the cache up to date.

        Raises:
            TransientError: when GitHub does not answer.
            BlockedError: when it refuses.
        """
        await self._remote.patiently(lambda refused: self._refresh(repository, refused))

    async def _refresh(self, repository: Repository, refused: str | None) -> None:
        async with self._locks.hold(self._home(repository) / "lock") as lock:
            await self._fetch(repository, lock, refused)

    async def objects(self, run: Run) -> Objects:
        """Return the run's own object store, made when it is not there."""
        if not _RUN.fullmatch(run.id):
            raise DefectError(f"{run.id!r} cannot name a directory")
        mirror = self.mirror(run.repository)
        gitdir = self._home(run.repository) / "runs" / f"{run.id}.git"
        objects = Objects(self._git, gitdir)
        if borrows(gitdir, mirror):
            return objects
        async with self._locks.hold(self._home(run.repository) / f"lock-{run.id}"):
            # Who held it may have made it, and reads it now: steps begin side by side.
            if borrows(gitdir, mirror):
                return objects
            self._here = {known: None for known in self._here if known[0] != gitdir}
            if not _exists(mirror / "HEAD"):
                await init_bare(self._git, mirror)
            await init_borrowing(self._git, gitdir, mirror)
        return objects

    async def with_commit(self, run: Run, commit: str) -> Objects:
        """Return the run's own object store with a commit in it, fetched when it is not there yet.

        Raises:
            TransientError: when GitHub does not answer, or does not show the commit.
            BlockedError: when it refuses.
        """
        objects = await self.objects(run)
        if await self._has(objects, commit):
            return objects
        await self._remote.patiently(lambda refused: self._bring(run, objects, commit, refused))
        if not await self._has(objects, commit):
            raise TransientError(f"GitHub does not show commit {short(commit)} on any branch.")
        return objects

    async def _bring(self, run: Run, objects: Objects, commit: str, refused: str | None) -> None:
        async with self._locks.hold(self._home(run.repository) / "lock") as lock:
            # Who held it may have brought the commit: the steps of a run begin side by side.
            if not await self._has(objects, commit):
                await self._fetch(run.repository, lock, refused)

    async def _fetch(self, repository: Repository, lock: int, refused: str | None) -> None:
        mirror = self.mirror(repository)
        if not _exists(mirror / "HEAD"):
            await init_bare(self._git, mirror)
        # A fetch that outlives this process keeps the next one waiting.
        await self._remote.fetch(repository, mirror, lock, refused)

    async def _has(self, objects: Objects, commit: str) -> bool:
        key = (objects.gitdir, commit)
        if key not in self._here:
            if not await objects.has_commit(commit):
                return False
            while len(self._here) >= _MOST_REMEMBERED:
                self._here.pop(next(iter(self._here)))
            self._here[key] = None
        return True

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


class _Locks:
    """Locks over directories: among the tasks of this process, then among processes."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, path: Path) -> AsyncIterator[int]:
        """Hold a lock, as a descriptor; it dies with its holders.

        Tasks wait for one another here, in order; only other processes are asked again and again.

        Raises:
            TransientError: when another process does not let go of it.
        """
        turn = self._turns.setdefault(path, asyncio.Lock())
        async with turn:
            with path.open("a") as handle:
                await _taken(handle.fileno())
                yield handle.fileno()


async def _taken(lock: int) -> None:
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(_LOCK_SECONDS)
        else:
            return
    raise TransientError("Another worker has held this repository's cache for too long.")
