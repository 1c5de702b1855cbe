"""Differences between two trees as data: files, counts and hunks.

It knows nothing of how they are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.rehearsal.github.git.plumbing import git

if TYPE_CHECKING:
    from pathlib import Path

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_STATUS = {
    "A": "added",
    "D": "removed",
    "M": "modified",
    "R": "renamed",
    "C": "copied",
    "T": "changed",
}
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True)
class FileDiff:
    """One changed file.

    `patch` holds its hunks from the first `@@` on, None for binary or empty changes.
    """

    path: str
    previous: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


@dataclass(frozen=True)
class Line:
    """A line of a hunk: `mark` is `+`, `-`, a space or `@` (the hunk's head).

    Numbers count from 1.
    """

    mark: str
    old: int | None
    new: int | None
    text: str


def read_diff(directory: Path, base: str, head: str) -> list[FileDiff]:
    """Compare two trees or commits, with renames found, in the order of paths."""
    options = ("-M", "--no-ext-diff", "--no-textconv", "--full-index", "-z", "--raw", "--numstat")
    raw = git(directory, "diff-tree", "-r", *options, "--end-of-options", base, head).decode(
        "utf-8", "replace"
    )
    entries, counts = _summary(raw.split("\0"))
    patches = iter(_patches(directory, base, head))
    found = []
    for (status, sha, previous, path), (added, removed) in zip(entries, counts, strict=True):
        patch = next(patches)
        if status == "changed":
            # Git shows a change of type as the old file's end and the new one's beginning.
            patch = "\n".join(part for part in (patch, next(patches)) if part) or None
        found.append(FileDiff(path, previous, status, sha, added, removed, patch))
    return found


def read_lines(patch: str) -> list[Line]:
    """Number the lines of a file's patch."""
    lines: list[Line] = []
    old = new = 0
    for text in patch.split("\n"):
        if head := _HUNK.match(text):
            old, new = int(head[1]), int(head[2])
            lines.append(Line("@", None, None, text))
        elif text.startswith("+"):
            lines.append(Line("+", None, new, text[1:]))
            new += 1
        elif text.startswith("-"):
            lines.append(Line("-", old, None, text[1:]))
            old += 1
        elif not text.startswith("\\"):
            lines.append(Line(" ", old, new, text[1:]))
            old, new = old + 1, new + 1
    return lines


def _summary(
    fields: list[str],
) -> tuple[list[tuple[str, str, str | None, str]], list[tuple[int, int]]]:
    entries: list[tuple[str, str, str | None, str]] = []
    counts: list[tuple[int, int]] = []
    at = 0
    while at < len(fields) and fields[at]:
        if fields[at].startswith(":"):
            parts = fields[at].split()
            moved = parts[4][0] in "RC"
            previous = fields[at + 1] if moved else None
            path = fields[at + 2] if moved else fields[at + 1]
            sha = parts[3] if parts[4][0] != "D" else parts[2]
            entries.append((_STATUS[parts[4][0]], sha, previous, path))
            at += 3 if moved else 2
        else:
            added, removed, path = fields[at].split("\t", 2)
            counts.append((_count(added), _count(removed)))
            at += 1 if path else 3
    return entries, counts


def _count(text: str) -> int:
    return 0 if text == "-" else int(text)


def _patches(directory: Path, base: str, head: str) -> list[str | None]:
    options = ("-M", "--no-ext-diff", "--no-textconv", "--full-index", "-p")
    text = git(directory, "diff-tree", "-r", *options, "--end-of-options", base, head).decode(
        "utf-8", "replace"
    )
    pieces = re.split(r"^diff --git .*\n", text, flags=re.MULTILINE)[1:]
    return [_hunks(piece) for piece in pieces]


def _hunks(piece: str) -> str | None:
    start = re.search(r"^@@ ", piece, flags=re.MULTILINE)
    return piece[start.start() :].rstrip("\n") if start else None
