"""Looks at a tree that an agent wrote: what is there, what of it may be committed. Changes nothing.

It never runs git and never follows a link; a file whose stamp is known is not read again.
"""

import hashlib
import os
import stat
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.workspace import names
from app.workspace.objects import EXECUTABLE, REGULAR, SYMLINK
from app.workspace.reading import (
    MOST_READ_BYTES,
    Stamp,
    content_of,
    link_refusal,
    lstat,
    stamp_of,
)
from app.workspace.sandbox.beneath import opened
from app.workspace.walk import Walk
from phases.core.errors import BlockedError

MOST_FILE_BYTES = 5 << 20
# A file that was written within this time of the look may be written again under the same stamp.
_RACY_NANOSECONDS = 50_000_000


@dataclass(frozen=True)
class Found:
    """One file of a tree; `oid` is None for what cannot be kept.

    `refusal` says why it may not be committed, and is empty when it may.
    """

    mode: str
    oid: str | None
    size: int
    refusal: str = ""


class Scanner:
    """Scans one tree again and again, remembering the files it has read.

    `mounts` are paths below the tree that belong to somebody else; `.git` at the root is one too.
    """

    def __init__(self, root: Path, mounts: Collection[str]) -> None:
        self._root = root
        self._mounts = frozenset(os.fsencode(path) for path in (".git", *mounts))
        self._known: dict[bytes, tuple[Stamp, Found]] = {}

    def trust(self, oids: Mapping[bytes, str]) -> None:
        """Take the word of whoever has just written these files, as long as nobody else writes."""
        with opened(self._root) as root:
            for path, oid in oids.items():
                try:
                    status = lstat(root, path)
                    found = Found(_mode(status), oid, status.st_size)
                    self._known[path] = (stamp_of(status), found)
                except OSError:
                    self._known.pop(path, None)

    def scan(
        self, tracked: Collection[bytes], committed_rules: Mapping[bytes, bytes]
    ) -> dict[bytes, Found]:
        """Return the files that are there and not ignored, by path.

        A tracked path is never ignored. `committed_rules` are the `.gitignore` files of the commit
        by their directories.

        Raises:
            BlockedError: when there are more files than anybody would commit.
        """
        with opened(self._root) as root:
            walk = Walk(root, self._mounts, tracked, committed_rules)
            return {path: self._look(root, path, status) for path, status in walk}

    def read(self, path: bytes) -> bytes:
        """Return the content of a scanned file or the target of a link, as it was when scanned.

        Raises:
            BlockedError: when it is not as it was scanned.
        """
        with opened(self._root) as root:
            content = content_of(root, path, lstat(root, path))
        known = self._known.get(path)
        if content is None or known is None or blob_name(content) != known[1].oid:
            raise BlockedError(f"`{names.shown(path)}` was being changed while it was read.")
        return content

    def _look(self, root: int, path: bytes, status: os.stat_result | None) -> Found:
        known = self._known.get(path)
        # A link is judged anew: where it leads depends on other links.
        if (
            status is not None
            and known is not None
            and known[0] == stamp_of(status)
            and stat.S_ISREG(status.st_mode)
        ):
            return known[1]
        found = _judged(root, path, status)
        if status is not None and found.oid is not None:
            racy = time.time_ns() - status.st_ctime_ns < _RACY_NANOSECONDS
            self._known[path] = ((-1,) * 6 if racy else stamp_of(status), found)
        return found


def _judged(root: int, path: bytes, status: os.stat_result | None) -> Found:
    """Read one file or link and say whether it may go in."""
    sentence = names.refusal(path)
    if status is None:
        return Found(REGULAR, None, 0, sentence or "it cannot be read")
    if stat.S_ISDIR(status.st_mode):
        return Found("040000", None, 0, sentence or "it is a git repository of its own")
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        return Found(REGULAR, None, 0, "it is a device, pipe or socket")
    if status.st_size > MOST_READ_BYTES:
        return Found(REGULAR, None, status.st_size, sentence or _too_large(status.st_size))
    content = content_of(root, path, status)
    if content is None:
        return Found(_mode(status), None, status.st_size, "it cannot be read")
    sentence = sentence or _content_refusal(root, path, status)
    return Found(_mode(status), blob_name(content), status.st_size, sentence)


def blob_name(content: bytes) -> str:
    """Return the name that git gives to a blob of this content."""
    # Git's own naming, not a protection: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _content_refusal(root: int, path: bytes, status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return link_refusal(root, path)
    if status.st_nlink > 1:
        return "it is a hard link: another name shares its content"
    if status.st_size > MOST_FILE_BYTES:
        return _too_large(status.st_size)
    return ""


def _mode(status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return SYMLINK
    return EXECUTABLE if status.st_mode & stat.S_IXUSR else REGULAR


def _too_large(size: int) -> str:
    return f"it is {size / (1 << 20):.1f} MiB; a file may have {MOST_FILE_BYTES >> 20} MiB at most"
