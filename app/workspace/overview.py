"""What a commit tells of its repository: files, settings, parts, places and checks.

Everything is read from git objects; no checkout is needed, and nothing of the repository runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.workspace import checkout, names
from app.workspace.checks import detect
from app.workspace.layout import Part, parts
from app.workspace.objects import GITLINK, SYMLINK, Entry, Objects
from app.workspace.places import describe, places
from app.workspace.repository_settings import MOST_BYTES, PATH, RepositorySettings, read_settings
from phases.core.errors import BlockedError
from phases.core.model import Places, short
from phases.core.ports import RepositoryMap
from phases.core.receipts import Check, CheckId, CheckKind
from phases.core.submission import Side

_MOST_TEXT_BYTES = 512 << 10
_MOST_TEXTS = 300
_MOST_LINES = 300
_MOST_CHARACTERS = 12_000
"""Every request of every agent reads the map again; so much are about 300 lines."""
_MOST_SUFFIX = 18
_KIBI = 1024


@dataclass(frozen=True)
class Overview:
    """A repository at one commit. `expected` are the sides that checks are expected of."""

    commit: str
    listing: Mapping[bytes, Entry]
    settings: RepositorySettings
    parts: tuple[Part, ...]
    places: Places
    checks: tuple[detect.Configured, ...]
    expected: tuple[Side, ...]

    @property
    def missing(self) -> tuple[CheckId, ...]:
        """The checks that nothing is configured for."""
        there = {found.check.id for found in self.checks}
        every = (CheckId(side, kind) for side in self.expected for kind in CheckKind)
        return tuple(check_id for check_id in every if check_id not in there)


async def look(objects: Objects, commit: str) -> Overview:
    """Read what a commit tells.

    Raises:
        BlockedError: when it is too large to work on, or its settings cannot be used.
    """
    listing = await objects.listing(commit)
    checkout.guard(listing)
    settings = await _settings(objects, listing, commit)
    files = tuple(sorted(p.decode("utf-8", "replace") for p, e in listing.items() if _plain(e)))
    texts = await _texts(objects, listing)
    packages = {path: text for path, text in texts.items() if path.endswith("package.json")}
    found = parts(files, packages)
    return Overview(
        commit=commit,
        listing=listing,
        settings=settings,
        parts=found,
        places=places(files, found, settings),
        checks=detect.checks(files, texts, found, settings),
        expected=detect.sides(found, settings),
    )


def repository_map(overview: Overview) -> RepositoryMap:
    """Return what agents are told: the files, cut where they are many, and the checks."""
    sizes = {
        names.shown(path): entry.size or 0
        for path, entry in overview.listing.items()
        if entry.mode != GITLINK
    }
    return RepositoryMap(tree=tree_of(sizes), checks=_checks(overview))


async def _settings(
    objects: Objects, listing: Mapping[bytes, Entry], commit: str
) -> RepositorySettings:
    entry = listing.get(PATH.encode())
    if entry is None:
        return RepositorySettings()
    if not _plain(entry):
        raise BlockedError(f"`{PATH}` at {short(commit)} cannot be used: it is no plain file.")
    if (entry.size or 0) > MOST_BYTES:
        return read_settings(b" " * (MOST_BYTES + 1), commit)
    (content,) = await objects.blobs([entry.oid])
    return read_settings(content, commit)


async def _texts(objects: Objects, listing: Mapping[bytes, Entry]) -> dict[str, str]:
    wanted = {
        path.decode("utf-8", "replace"): entry.oid
        for path, entry in sorted(listing.items(), key=lambda item: item[0].count(b"/"))
        if path.rpartition(b"/")[2].decode("utf-8", "replace") in detect.READ
        and _plain(entry)
        and (entry.size or 0) <= _MOST_TEXT_BYTES
    }
    chosen = dict(list(wanted.items())[:_MOST_TEXTS])
    contents = await objects.blobs(list(chosen.values()))
    return {
        path: content.decode("utf-8", "replace")
        for path, content in zip(chosen, contents, strict=True)
    }


def _plain(entry: Entry) -> bool:
    return entry.mode not in {GITLINK, SYMLINK}


def tree_of(sizes: Mapping[str, int]) -> str:
    """Return a list of files; where there are too many, directories with their number of files.

    Directories are opened from the top down for as long as there is room.
    """
    inside = _inside(sizes)
    opened = {""}
    lines, characters = _room(inside[""])
    for directory in sorted(inside, key=lambda d: (d.count("/"), d)):
        more, longer = _room(inside[directory])
        # An opened directory's own line goes away.
        fits = lines + more - 1 <= _MOST_LINES and characters + longer <= _MOST_CHARACTERS
        if directory and directory.rpartition("/")[0] in opened and fits:
            opened.add(directory)
            lines, characters = lines + more - 1, characters + longer
    text = "\n".join(_lines(sizes, opened)[:_MOST_LINES])
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "\n[cut]"


def _inside(sizes: Mapping[str, int]) -> dict[str, set[str]]:
    """Return the files and directories that lie directly in each directory, by full path."""
    inside: dict[str, set[str]] = {"": set()}
    for path in sizes:
        below = path
        while below:
            directory = below.rpartition("/")[0]
            known = directory in inside
            inside.setdefault(directory, set()).add(below)
            if known:
                break
            below = directory
    return inside


def _room(entries: set[str]) -> tuple[int, int]:
    """Return the lines that entries take, and the characters at most."""
    return len(entries), sum(len(entry) + _MOST_SUFFIX for entry in entries)


def _lines(sizes: Mapping[str, int], opened: set[str]) -> list[str]:
    shown: dict[str, list[int]] = {}
    for path, size in sizes.items():
        directory = path.rpartition("/")[0]
        name = path
        while directory not in opened:
            name = f"{directory}/"
            directory = directory.rpartition("/")[0]
        shown.setdefault(name, []).append(size)
    return [
        f"{name} ({len(found)} files)" if name.endswith("/") else f"{name} ({_size(found[0])})"
        for name, found in sorted(shown.items())
    ]


def _size(size: int) -> str:
    return f"{size} B" if size < _KIBI else f"{size / _KIBI:.1f} KiB"


def _checks(overview: Overview) -> str:
    lines = [
        f"- {found.check.id}: `{found.line}`"
        + (f" in `{found.check.cwd}`" if found.check.cwd else "")
        for found in overview.checks
    ]
    lines += [f"- {check_id}: not configured" for check_id in overview.missing]
    lines += _unchecked(overview.parts, [found.check for found in overview.checks])
    parts_found = describe(overview.parts)
    text = "\n".join(lines) or "- none"
    return f"{text}\n\nParts found:\n{parts_found}" if parts_found else text


def _unchecked(found: Sequence[Part], checks: Sequence[Check]) -> list[str]:
    """Return a line for each part that no check runs in, though its side has checks."""
    checked = {check.cwd for check in checks} | {""}
    sides = {check.id.side for check in checks if check.cwd}
    return [
        f"- `{part.directory}` has checks of its own that do not run;"
        " name one command for all parts of the side in `.github/phaseline.yml`"
        for part in found
        if part.directory not in checked and part.side in sides
    ]
