"""What makes a check quiet without making the code right: marks that a change adds.

It finds them in a diff, line by line; what becomes of a finding is decided where submissions are
examined. A mark that a comment merely speaks of is found as well: it is said, not forbidden, there.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_MARKS = re.compile(
    r"#\s*(?:ruff:\s*|flake8:\s*)?noqa\b"
    r"|#\s*type:\s*ignore\b|#\s*pyright:\s*ignore\b|#\s*mypy:\s*ignore-errors\b"
    r"|#\s*pylint:\s*disable\b|#\s*fmt:\s*(?:off|skip)\b|#\s*pragma:\s*no\s?cover\b|#\s*nosec\b"
    r"|\beslint-disable\b|\bbiome-ignore\b|\boxlint-disable\b|\bprettier-ignore\b"
    r"|@ts-(?:ignore|expect-error|nocheck)\b|\b(?:istanbul|c8|v8) ignore\b"
    r"|//\s*nolint\b|\brubocop:disable\b|@SuppressWarnings\b|\bNOSONAR\b|\bnosemgrep\b"
    r"|#!?\[allow\(|#\[ignore\b"
    r"|@(?:pytest\.mark\.|unittest\.)(?:skip\w*|xfail|expectedFailure)\b"
    r"|\bpytestmark\s*=.*\b(?:skip|xfail)|\bpytest\.(?:skip|xfail|importorskip)\(|\.skipTest\("
    r"|\b(?:it|test|describe|suite|context)\.(?:skip|only|todo|fixme|fails)\b"
    r"|\b(?:xit|xtest|xdescribe|fdescribe)\s*\("
    r"|\bt\.Skip(?:f|Now)?\(|@(?:Disabled|Ignore)\b"
)
_PROSE = (".md", ".rst", ".txt", ".adoc")
_HUNK = re.compile(r"@@ -\d+(?:,(?P<old>\d+))? \+(?P<start>\d+)(?:,(?P<new>\d+))? @@")


@dataclass(frozen=True)
class Silencing:
    """A mark that a change adds: the line of the new file, from 1, and the mark as it stands."""

    path: str
    line: int
    mark: str


@dataclass(frozen=True)
class _Line:
    sign: str
    path: str
    number: int
    text: str


def silencing(diff: str) -> tuple[Silencing, ...]:
    """Return the marks that a unified diff adds, moved lines left out, in its order."""
    lines = tuple(_lines(diff))
    gone = Counter(line.text.strip() for line in lines if line.sign == "-")
    found: list[Silencing] = []
    for line in lines:
        mark = _MARKS.search(line.text) if line.sign == "+" else None
        if mark is None or line.path.endswith(_PROSE):
            continue
        if gone[line.text.strip()] > 0:
            gone[line.text.strip()] -= 1
            continue
        found.append(Silencing(line.path, line.number, mark.group()))
    return tuple(found)


def _lines(diff: str) -> Iterator[_Line]:
    path, at, old, new = "", 0, 0, 0
    for line in diff.split("\n"):
        sign = line[:1]
        if old <= 0 and new <= 0:
            if line.startswith("+++ b/"):
                path = line.removeprefix("+++ b/").rstrip("\t")
            elif match := _HUNK.match(line):
                at, old, new = int(match["start"]), int(match["old"] or 1), int(match["new"] or 1)
            continue
        if sign in {"+", "-"}:
            yield _Line(sign, path, at, line[1:])
        if sign in {"+", " "}:
            at, new = at + 1, new - 1
        if sign in {"-", " "}:
            old -= 1
