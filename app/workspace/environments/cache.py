"""Keeps prepared environments: a directory for each key, complete or not there at all.

An entry is built beside its place and renamed into it. It knows nothing of how it is made.
"""

import asyncio
import fcntl
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.workspace.removal import remove_tree

_ENTRY = "entry.json"
_OWNER = "repository"  # What it was built for, by id.


@dataclass(frozen=True)
class Entry:
    """One prepared environment: the directory of each path of the worktree that it brings."""

    key: str
    directories: tuple[tuple[str, Path], ...]


class EnvironmentCache:
    """The entries below one directory. Several services may share it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, key: str) -> Entry | None:
        """The entry of a key; None when there is none yet."""
        place = self._directory / key
        try:
            targets: list[str] = json.loads((place / _ENTRY).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        # What another user's service has made serves as well; how old it is, is told there.
        with suppress(FileNotFoundError, PermissionError):
            os.utime(place / _ENTRY)
        return Entry(key, tuple((target, place / str(n)) for n, target in enumerate(targets)))

    def repositories(self) -> tuple[int, ...]:
        """Return the ids of the repositories that entries were built for."""
        owners = (place.read_text(encoding="utf-8") for place in self._owners())
        return tuple(sorted({int(owner) for owner in owners if owner.isdecimal()}))

    def remove_repository(self, repository: int) -> None:
        """Remove every entry of a repository.

        Raises:
            OSError: when something of it is still there.
        """
        for place in self._owners():
            if place.read_text(encoding="utf-8") == str(repository):
                _remove(place.parent)

    def _owners(self) -> list[Path]:
        return sorted(self._directory.glob(f"[!.]*/{_OWNER}"))

    def forget_unused(self, before: datetime) -> int:
        """Remove our entries that nobody has looked for since; return how many that were."""
        unused = [
            entry.parent
            for entry in self._directory.glob(f"[!.]*/{_ENTRY}")
            if (told := entry.stat()).st_mtime < before.timestamp() and told.st_uid == os.geteuid()
        ]
        for place in unused:
            _remove(place)
        return len(unused)

    @asynccontextmanager
    async def building(self, key: str) -> AsyncIterator[Path]:
        """An empty directory to build the entry in, for one builder of this key at a time.

        Whatever lies in it when the context ends is removed, unless `keep` moved it away.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        with (self._directory / f".{key}.lock").open("w") as lock:
            # In a thread: another service may hold it for minutes.
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            place = self._directory / f".{key}.new"
            shutil.rmtree(place, ignore_errors=True)  # Of a builder that was killed.
            place.mkdir(mode=0o700)
            try:
                yield place
            finally:
                await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    def keep(
        self, key: str, scope: str, built: Path, directories: tuple[tuple[str, Path], ...]
    ) -> Entry:
        """Make an entry, in `built` first, of directories that each have a path in the worktree.

        `scope` is the id of the repository that it was built for.
        """
        entry = built / "entry"
        entry.mkdir(mode=0o755)
        for number, (_, source) in enumerate(directories):
            shutil.move(source, entry / str(number))
        (entry / _OWNER).write_text(scope, encoding="utf-8")
        with (entry / _ENTRY).open("w", encoding="utf-8") as file:
            json.dump([target for target, _ in directories], file)
            file.flush()
            os.fsync(file.fileno())
        entry.rename(self._directory / key)
        found = self.find(key)
        if found is None:
            raise FileNotFoundError(self._directory / key)
        return found


def _remove(place: Path) -> None:
    # What is half removed is no entry any more, and is built again.
    (place / _ENTRY).unlink(missing_ok=True)
    remove_tree(place)
