"""One checkout as the service keeps it: what differs from its start, snapshots, putting back.

The files are an agent's to change; everything here reads them with distrust and never runs them.
"""

import asyncio
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.workspace import editing, names
from app.workspace.checkout import gitlinks
from app.workspace.objects import GITLINK, Entry, Objects
from app.workspace.sandbox.beneath import opened
from app.workspace.scan import Found, Scanner
from phases.core.errors import DefectError
from phases.core.model import Change, ChangeKind

MOST_CHANGES = 500
MOST_CHANGED_BYTES = 50 << 20

Deltas = dict[bytes, tuple[str, str] | None]
"""What differs: mode and blob of a path, or None for one that is gone."""


@dataclass(frozen=True)
class Differences:
    """What differs from a listing: the changes for people, and the paths behind their names."""

    changes: tuple[Change, ...]
    deltas: Mapping[bytes, tuple[str, str] | None]
    raw: Mapping[str, bytes]

    @property
    def refused(self) -> tuple[Change, ...]:
        """The changes that may not be committed."""
        return tuple(change for change in self.changes if change.refusal)


class WorkingTree:
    """The files below `root`, which started as a commit.

    `mounts` are the paths below it that are somebody else's.
    `index` is a path that git may use for an index of its own.
    """

    def __init__(
        self,
        objects: Objects,
        root: Path,
        start: str,
        listing: Mapping[bytes, Entry],
        *,
        mounts: Iterable[str],
        index: Path,
        owner: int | None,
    ) -> None:
        self._objects = objects
        self._root = root
        self._start = start
        self._mounts = tuple(os.fsencode(path) for path in mounts)
        self._listing = self._without_mounts(listing)
        self._index = index
        self._owner = owner
        self._gitlinks = gitlinks(listing)
        self._scanner = Scanner(root, tuple(os.fsdecode(path) for path in self._mounts))
        self._rules: dict[bytes, bytes] = {}
        self._kept: tuple[Mapping[bytes, tuple[str, str] | None], str] | None = None
        self._raw: Mapping[str, bytes] = {}
        self._stored: set[str] = set()

    async def begin(self) -> None:
        """Take the files as they are for those of the commit: they have just been written."""
        rules = {p: e for p, e in self._listing.items() if _is_rules(p, e)}
        contents = await self._objects.blobs([entry.oid for entry in rules.values()])
        self._rules = {
            path.rpartition(b"/")[0]: content for path, content in zip(rules, contents, strict=True)
        }
        oids = {p: e.oid for p, e in self._listing.items() if e.mode != GITLINK}
        await asyncio.to_thread(self._scanner.trust, oids)

    async def differences(self) -> Differences:
        """Return what differs from the commit that the tree started as."""
        found = await asyncio.to_thread(self._scanner.scan, self._listing, self._rules)
        differences = compare(self._listing, found, self._gitlinks)
        self._raw = differences.raw
        return differences

    async def keep(self) -> str:
        """Store the files as they are, refused ones too if git can; return the tree's name."""
        differences = await self.differences()
        if self._kept is not None and self._kept[0] == differences.deltas:
            return self._kept[1]
        tree = await self.store(differences.deltas)
        self._kept = (differences.deltas, tree)
        return tree

    async def store(self, deltas: Mapping[bytes, tuple[str, str] | None]) -> str:
        """Store the tree that differs from the start by `deltas`."""
        new = {
            path: delta
            for path, delta in deltas.items()
            if delta is not None and delta[1] not in self._stored
        }
        await self._objects.write_blobs(await asyncio.to_thread(self.contents, new))
        self._stored |= {oid for _, oid in new.values()}
        return await self._objects.write_tree(self._start, deltas, self._index)

    def contents(self, deltas: Mapping[bytes, tuple[str, str] | None]) -> list[bytes]:
        """Read the files that differ.

        Raises:
            BlockedError: when one of them is not as it was when it was looked at.
        """
        return [self._scanner.read(path) for path, new in deltas.items() if new is not None]

    async def put_back(self, treeish: str) -> None:
        """Make the files those of a tree or commit again; ignored files stay."""
        target = self._without_mounts(await self._objects.listing(treeish))
        # Rules first: with them in place the second look knows what is ignored there.
        if await self._put(target, only=_is_rules_path):
            await self._put(target, only=lambda _: True)
        else:
            await self._put(target, only=lambda path: not _is_rules_path(path))

    async def put_back_paths(self, paths: Iterable[str]) -> None:
        """Make single paths, by the names that changes have, those of the commit again."""
        raw = [self._raw.get(path, os.fsencode(path)) for path in paths]
        wanted = {path: self._listing.get(path) for path in raw}
        # Where something stands in place of a directory, its files come back with it.
        displaced = [path for path, entry in wanted.items() if entry is None]
        wanted |= {p: e for p, e in self._listing.items() if _below(p, displaced)}
        await self._write({p: e for p, e in wanted.items() if e is None or e.mode != GITLINK})

    def _without_mounts(self, listing: Mapping[bytes, Entry]) -> Mapping[bytes, Entry]:
        """Leave out what lies below a mount: it cannot be seen, and counts as unchanged."""
        return {path: e for path, e in listing.items() if not _below(path, self._mounts)}

    async def _put(self, target: Mapping[bytes, Entry], only: Callable[[bytes], bool]) -> bool:
        """Put back the paths that `only` takes; return whether there was anything to do."""
        tracked = {**self._listing, **target}
        found = await asyncio.to_thread(self._scanner.scan, tracked, self._rules)
        wrong: dict[bytes, Entry | None] = {
            path: None for path in found if path not in target and only(path)
        }
        for path, entry in target.items():
            there = found.get(path)
            same = there is not None and (there.mode, there.oid) == (entry.mode, entry.oid)
            if only(path) and not same and entry.mode != GITLINK:
                wrong[path] = entry
        await self._write(wrong)
        return bool(wrong)

    async def _write(self, wanted: Mapping[bytes, Entry | None]) -> None:
        there = {path: entry for path, entry in wanted.items() if entry is not None}
        contents = await self._objects.blobs([entry.oid for entry in there.values()])
        await asyncio.to_thread(
            self._write_now,
            [path for path, entry in wanted.items() if entry is None],
            [
                (path, entry, content)
                for (path, entry), content in zip(there.items(), contents, strict=True)
            ],
        )

    def _write_now(self, gone: list[bytes], there: list[tuple[bytes, Entry, bytes]]) -> None:
        with opened(self._root) as root:
            for path in gone:
                if not path:
                    raise DefectError("the root of a checkout cannot be removed")
                editing.remove(root, path)
            for path, entry, content in there:
                editing.write(root, path, entry.mode, content, self._owner)
        self._scanner.trust({path: entry.oid for path, entry, _ in there})


def compare(
    listing: Mapping[bytes, Entry], found: Mapping[bytes, Found], submodules: frozenset[bytes]
) -> Differences:
    """Hold the files that are there against a listing, refusals and bounds included."""
    changes: list[Change] = []
    deltas: Deltas = {}
    raw: dict[str, bytes] = {}
    size = 0
    for path in sorted(found.keys() | listing.keys()):
        there, entry = found.get(path), listing.get(path)
        if entry is not None and (entry.mode == GITLINK or _same(entry, there)):
            continue
        change = _change(path, entry, there, submodules)
        size += there.size if there is not None and not change.refusal else 0
        bound = _bound(len(changes) + 1, size)
        changes.append(Change(change.path, change.kind, change.refusal or bound))
        raw[change.path] = path
        if there is None:
            deltas[path] = None
        elif there.oid is not None and not names.refusal(path) and not _below(path, submodules):
            deltas[path] = (there.mode, there.oid)
    return Differences(tuple(changes), deltas, raw)


def _change(
    path: bytes, entry: Entry | None, there: Found | None, submodules: frozenset[bytes]
) -> Change:
    shown = names.shown(path)
    if there is None:
        return Change(shown, ChangeKind.DELETED)
    kind = ChangeKind.ADDED if entry is None else ChangeKind.MODIFIED
    refusal = there.refusal
    if _below(path, submodules):
        refusal = "it lies in a submodule"
    return Change(shown, kind, refusal)


def _below(path: bytes, tops: Collection[bytes]) -> bool:
    return any(path == top or path.startswith(top + b"/") for top in tops)


def _bound(count: int, size: int) -> str:
    if count > MOST_CHANGES:
        return f"it is one of more than {MOST_CHANGES} changed files"
    if size > MOST_CHANGED_BYTES:
        return f"with it the changes are larger than {MOST_CHANGED_BYTES >> 20} MiB"
    return ""


def _same(entry: Entry, there: Found | None) -> bool:
    return there is not None and (there.mode, there.oid) == (entry.mode, entry.oid)


def _is_rules(path: bytes, entry: Entry) -> bool:
    return _is_rules_path(path) and entry.mode != GITLINK and (entry.size or 0) < 1 << 20


def _is_rules_path(path: bytes) -> bool:
    return path.rpartition(b"/")[2] == b".gitignore"
