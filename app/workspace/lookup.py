"""Looks up the places that an agent cites: where it started, or as its files are now.

Either will do: who reports a change may cite what is new as well as what is gone. Whether a place
says what the citation claims, is not looked at.
"""

from collections.abc import Mapping
from pathlib import Path

from app.workspace import reading
from app.workspace.objects import GITLINK, Entry, Objects
from app.workspace.sandbox.beneath import opened

MOST_BYTES = 8 << 20
"""Lines of a larger file are not counted, and none of them exists."""


class Lookup:
    """Places in one checkout: `listing` is of the commit that it started as."""

    def __init__(self, objects: Objects, listing: Mapping[bytes, Entry], root: Path) -> None:
        self._objects = objects
        self._listing = listing
        self._root = root
        self._lines: dict[str, int] = {}

    def exists(self, path: str, line: int | None) -> bool:
        """Tell whether there is such a path, and such a line of it, from 1."""
        raw = path.rstrip("/").encode("utf-8", "surrogateescape")
        if line is None:
            return self._is_listed(raw) or self._now(raw) is not None
        return 1 <= line <= self._lines_at_start(raw) or 1 <= line <= (self._now(raw) or 0)

    def _is_listed(self, raw: bytes) -> bool:
        return raw in self._listing or any(p.startswith(raw + b"/") for p in self._listing)

    def _lines_at_start(self, raw: bytes) -> int:
        entry = self._listing.get(raw)
        if entry is None or entry.mode == GITLINK or (entry.size or 0) > MOST_BYTES:
            return 0
        if entry.oid not in self._lines:
            self._lines[entry.oid] = _lines(self._objects.blob_now(entry.oid))
        return self._lines[entry.oid]

    def _now(self, raw: bytes) -> int | None:
        """Return how many lines are there now: none of a directory, None of what is not there."""
        try:
            with opened(self._root) as root:
                status = reading.lstat(root, raw)
                if status.st_size > MOST_BYTES:
                    return 0
                return _lines(reading.content_of(root, raw, status) or b"")
        except OSError:
            return None


def _lines(content: bytes) -> int:
    return len(content.splitlines())
