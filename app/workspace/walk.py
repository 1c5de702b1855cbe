"""Goes through the files of a tree that an agent wrote, leaving out what is ignored or mounted.

It reads nothing but `.gitignore` files and judges nothing.
"""

import os
import stat
import time
from collections.abc import Collection, Iterator, Mapping

from app.workspace import ignore, names
from app.workspace.sandbox.beneath import open_beneath
from phases.core.errors import BlockedError

_MOST_ENTRIES = 300_000
_MOST_SECONDS = 120.0


class Walk:
    """Goes down a tree by directory descriptors, leaving out what is ignored or mounted."""

    def __init__(
        self,
        root: int,
        mounts: frozenset[bytes],
        tracked: Collection[bytes],
        committed_rules: Mapping[bytes, bytes],
    ) -> None:
        self._root = root
        self._mounts = mounts
        self._tracked = tracked
        self._above_tracked = _directories_of(tracked)
        self._committed_rules = committed_rules
        self._ignored = ignore.Ignored()
        self._seen = 0
        self._until = time.monotonic() + _MOST_SECONDS

    def __iter__(self) -> Iterator[tuple[bytes, os.stat_result | None]]:
        pending = [b""]
        while pending:
            directory = pending.pop()
            try:
                descriptor = open_beneath(
                    self._root, os.fsdecode(directory or b"."), os.O_RDONLY | os.O_DIRECTORY
                )
            except OSError:
                yield directory, None
                continue
            try:
                yield from self._within(directory, descriptor, pending)
            finally:
                os.close(descriptor)

    def _within(
        self, directory: bytes, descriptor: int, pending: list[bytes]
    ) -> Iterator[tuple[bytes, os.stat_result | None]]:
        self._ignored.add(
            os.fsdecode(directory),
            self._committed_rules.get(directory, b""),
            _rules_present(descriptor),
        )
        with os.scandir(descriptor) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                path = directory + b"/" + name if directory else name
                self._count()
                if path in self._mounts:
                    continue
                status = entry.stat(follow_symlinks=False)
                is_directory = stat.S_ISDIR(status.st_mode)
                if self._is_ignored(path, is_directory=is_directory):
                    continue
                if is_directory and not names.is_git_directory(name.decode("utf-8", "replace")):
                    pending.append(path)
                else:
                    yield path, status

    def _is_ignored(self, path: bytes, *, is_directory: bool) -> bool:
        if path in self._tracked or (is_directory and path in self._above_tracked):
            return False
        return self._ignored(os.fsdecode(path), is_directory=is_directory)

    def _count(self) -> None:
        self._seen += 1
        if self._seen > _MOST_ENTRIES or time.monotonic() > self._until:
            raise BlockedError(
                "The checkout has grown beyond what can be looked through"
                f" ({self._seen} entries): something filled it with files."
            )


def _directories_of(paths: Collection[bytes]) -> frozenset[bytes]:
    found: set[bytes] = set()
    for path in paths:
        directory = path
        while b"/" in directory:
            directory = directory.rpartition(b"/")[0]
            if directory in found:
                break
            found.add(directory)
    return frozenset(found)


def _rules_present(directory: int) -> bytes:
    try:
        descriptor = open_beneath(directory, ignore.NAME, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return handle.read(ignore.MOST_BYTES)
