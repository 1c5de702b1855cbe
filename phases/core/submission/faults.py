"""Reading untrusted values one by one while collecting every fault as a sentence.

It knows shapes (text, enumeration, list, path), not what a submission is made of.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MOST_PATH_CHARACTERS = 300
_KEPT_CONTROLS = frozenset("\n\t")


class Faults:
    """The faults found so far. Each reader returns a harmless value when it records one."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """Record one fault: a sentence that says what is wrong and what to do."""
        self.sentences.append(sentence)

    def text(self, raw: Any, where: str, most: int, *, lines: bool = True) -> str:
        """Return the text, trimmed; it must be there, printable, and at most `most` characters."""
        if not isinstance(raw, str):
            self.add(f"`{where}` must be text, not {_kind(raw)}.")
            return ""
        value = raw.replace("\r\n", "\n").strip()
        if not value:
            self.add(f"`{where}` is empty: write it.")
        elif len(value) > most:
            self.add(f"`{where}` has {len(value)} characters; at most {most} are read: shorten it.")
        elif unprintable := _first_unprintable(value):
            self.add(f"`{where}` contains the control character {unprintable}: remove it.")
        elif not lines and "\n" in value:
            self.add(f"`{where}` has more than one line: keep it to one.")
        return value

    def choice(self, raw: Any, where: str, kind: type[E]) -> E | None:
        """Return the member of the enumeration that the raw value names."""
        if isinstance(raw, str) and raw in set(kind):
            return kind(raw)
        self.add(f"`{where}` must be one of {', '.join(kind)}; it is {_shown(raw)}.")
        return None

    def listed(
        self, raw: Any, where: str, most: int, read: Callable[[Any, str], T | None]
    ) -> tuple[T, ...]:
        """Return the entries of a list of at most `most`, each read on its own."""
        if not isinstance(raw, list):
            self.add(f"`{where}` must be a list or null, not {_kind(raw)}.")
            return ()
        if len(raw) > most:
            self.add(
                f"`{where}` has {len(raw)} entries; at most {most} are read: keep to the gist."
            )
            return ()
        entries = [read(entry, f"{where}[{index}]") for index, entry in enumerate(raw)]
        return tuple(entry for entry in entries if entry is not None)

    def fields(self, raw: Any, where: str, known: tuple[str, ...]) -> dict[str, Any] | None:
        """Return the object with every known property present, absent ones as None."""
        if not isinstance(raw, dict):
            self.add(f"`{where}` must be an object with {', '.join(known)}, not {_kind(raw)}.")
            return None
        for name in sorted(str(key) for key in raw if key not in known):
            self.add(f"`{where}` has no property {_shown(name)}. It has: {', '.join(known)}.")
        return {name: raw.get(name) for name in known}

    def identifier(self, raw: Any, where: str, letter: str) -> str:
        """Return an id such as R1 or F12: the letter and a number from 1 to 999."""
        if isinstance(raw, str) and re.fullmatch(rf"{letter}[1-9][0-9]{{0,2}}", raw):
            return raw
        self.add(f"`{where}` must be {letter}1, {letter}2, ...; it is {_shown(raw)}.")
        return ""

    def path(self, raw: Any, where: str) -> str:
        """Return a path relative to the repository's root that stays inside it."""
        if not isinstance(raw, str) or not raw.strip():
            self.add(f"`{where}` must be a path relative to /workspace; it is {_shown(raw)}.")
            return ""
        if problem := path_problem(raw):
            self.add(f"`{where}` is {_shown(raw)}: {problem}")
        return raw

    def line(self, raw: Any, where: str) -> int | None:
        """Return a line number from 1, or None."""
        if raw is None:
            return None
        if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 1:
            return raw
        self.add(f"`{where}` must be a line number from 1, or null; it is {_shown(raw)}.")
        return None

    def distinct(self, ids: list[str], where: str) -> None:
        """Record a fault for each id that is used more than once."""
        for name in sorted({name for name in ids if name and ids.count(name) > 1}):
            self.add(f"`{where}` uses the id {name} more than once: number them through.")


def path_problem(path: str) -> str | None:
    """Return what is wrong with a path as a relative POSIX path inside a tree, or None."""
    parts = path.split("/")
    spaced = path != path.strip() or bool(_first_unprintable(path)) or bool({"\n", "\t"} & {*path})
    unplain = bool({".", ".."} & {*parts}) or "" in parts[:-1]
    problems = (
        (len(path) > MOST_PATH_CHARACTERS, f"it has more than {MOST_PATH_CHARACTERS} characters."),
        (path.startswith("/"), "write it relative to /workspace, without a leading slash."),
        ("\\" in path, "write it with forward slashes."),
        (spaced, "it has white space around it or control characters in it."),
        (unplain, "write it without `.`, `..` and doubled slashes."),
        (".git" in path.lower().split("/"), "git's own directory is no part of the repository."),
    )
    return next((sentence for wrong, sentence in problems if wrong), None)


def _first_unprintable(text: str) -> str | None:
    for character in text:
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and character not in _KEPT_CONTROLS):
            return f"U+{ord(character):04X}"
    return None


def _kind(raw: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a truth value"}
    return "null" if raw is None else names.get(type(raw), "a number")


def _shown(raw: Any) -> str:
    shown = repr(raw) if isinstance(raw, str) else _kind(raw)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."  # noqa: PLR2004 - a line of a terminal
