"""What the editor's calls make of files, so that a file which is put back to how it was is seen.

It reads no file: texts are known from calls that gave them whole, the rest from snapshots of all
files. What the shell alone puts back is not seen: a file to try something out comes and goes.
"""

import hashlib
import posixpath
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EDITS = frozenset({"create", "str_replace", "insert"})
_WORKSPACE = "/workspace/"


@dataclass
class _File:
    """What is known of one file: its text now (None: not known), and what it has been."""

    text: str | None = None
    been: list[bytes] = field(default_factory=list)
    replaced: set[tuple[str, str]] = field(default_factory=set)

    def become(self, text: str | None) -> bool:
        """Take the file as that text; tell whether it was so before, and something else since."""
        self.text = text
        if text is None:
            return False
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        back = digest in self.been[:-1] and digest != self.been[-1]
        if not self.been or digest != self.been[-1]:
            self.been.append(digest)
        return back

    def begin_anew(self) -> None:
        """Forget what the file has been before what it is now."""
        del self.been[:-1]
        self.replaced.clear()


@dataclass
class Edits:
    """The files that a session edits, folded from its turns."""

    _files: dict[str, _File] = field(default_factory=lambda: defaultdict(_File))
    _trees: list[str] = field(default_factory=list)
    _edited: bool = False
    _back: bool = False

    def take(self, arguments: Mapping[str, Any]) -> bool:
        """Go on by an edit that succeeded; tell whether it puts a file back to how it was."""
        file = self._files[_plain(str(arguments.get("path", "")))]
        self._edited = True
        opposite = False
        text: str | None = None
        match arguments["command"]:
            case "create":
                text = str(arguments.get("file_text", ""))
            case "str_replace":
                old, new = str(arguments.get("old_str", "")), str(arguments.get("new_str") or "")
                opposite = (new, old) in file.replaced
                file.replaced.add((old, new))
                text = _replaced(file.text, old, new)
            case "insert":
                given = str(arguments.get("insert_text", ""))
                text = _inserted(file.text, arguments.get("insert_line"), given)
        back = file.become(text) or opposite
        if back:
            file.begin_anew()
            self._back = True
        return back

    def end_turn(self, tree: str | None) -> bool:
        """Go on by the files as a turn left them (None: as they were).

        Tell whether its edits have put all of them back to how they were, where `take` did not see
        it.
        """
        edited, seen = self._edited, self._back
        self._edited = self._back = False
        if tree is None:
            return False
        back = edited and not seen and tree in self._trees[:-1]
        if seen or back:
            self._trees.clear()
        self._trees.append(tree)
        return back


def _plain(path: str) -> str:
    """Return a path as it is however it is spelled."""
    return posixpath.normpath(posixpath.join(_WORKSPACE, path))


def _replaced(text: str | None, old: str, new: str) -> str | None:
    # The editor changes line ends where a file has others; here such a file is not known.
    if text is None or "\r" in text or text.count(old) != 1:
        return None
    return text.replace(old, new)


def _inserted(text: str | None, after: object, given: str) -> str | None:
    if text is None or "\r" in text or not isinstance(after, int):
        return None
    lines = text.split("\n")
    return "\n".join([*lines[:after], *given.removesuffix("\n").split("\n"), *lines[after:]])
