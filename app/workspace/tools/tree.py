"""Reads, lists and writes files of a worktree for the file tools, from the service's side.

The agent owns the tree and may have put anything anywhere: every path is resolved by the kernel,
beneath the worktree and through no link, and is looked at before it is opened. Commands do not go
through here.
"""

import errno
import os
import posixpath
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.workspace.sandbox.beneath import make_directories, open_beneath, opened
from app.workspace.sandbox.cage import WORKSPACE, Cage
from app.workspace.sandbox.errors import PathError
from app.workspace.tools.result import ToolError

MOST_BYTES = 8 << 20
"""The largest file that the file tools open."""

_NEW_FILE_MODE = 0o644
_HIDDEN_FROM_LISTS = ("node_modules", "__pycache__")
_DEPTH = 2
_MOST_ENTRIES = 500


@dataclass(frozen=True)
class _Place:
    """A path, taken apart: the directory of the host that it lies in and the rest."""

    root: Path
    rest: str
    shown: str
    writable: bool


def relative(path: str) -> str:
    """The path relative to the worktree, "." for itself; `ToolError` when it lies elsewhere."""
    if "\0" in path:
        raise ToolError("The path holds a NUL character; no file has such a name.")
    absolute = posixpath.normpath(posixpath.join(WORKSPACE, path.strip() or "."))
    inside = PurePosixPath(absolute)
    if not inside.is_relative_to(WORKSPACE):
        raise ToolError(
            f"{path} lies outside {WORKSPACE}. Give a path relative to {WORKSPACE} or below it; "
            "other files can be read with bash."
        )
    return str(inside.relative_to(WORKSPACE))


class Tree:
    """The files that one cage shows below `/workspace`."""

    def __init__(self, cage: Cage, owner: int | None) -> None:
        self._cage = cage
        self._owner = owner

    def is_directory(self, path: str) -> bool:
        """Whether the path is a directory."""
        with self._looked_at(self._place(path)) as (_, mode):
            return stat.S_ISDIR(mode)

    def exists(self, path: str) -> bool:
        """Whether anything is there."""
        try:
            with self._looked_at(self._place(path)):
                return True
        except _MissingError:
            return False

    def read(self, path: str) -> str:
        """The text of a file, its line ends as they are."""
        place = self._place(path)
        with self._looked_at(place) as (descriptor, mode):
            _require_file(mode, place.shown)
            # The descriptor stands for this very file, whatever the name means by now.
            with open(f"/proc/self/fd/{descriptor}", "rb") as file:  # noqa: PTH123 - not a name.
                content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ToolError(
                f"{place.shown} is larger than {MOST_BYTES >> 20} MiB; read parts of it with bash."
            )
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise ToolError(f"{place.shown} is a binary file; look at it with bash (file, xxd).")
        return text

    def write(self, path: str, text: str) -> None:
        """Put `text` into a file, all at once. A file that was there keeps its mode."""
        place = self._place(path)
        self._require_writable(place)
        content = text.encode("utf-8", "surrogatepass")
        if len(content) > MOST_BYTES:
            raise ToolError(f"The text is larger than {MOST_BYTES >> 20} MiB.")
        try:
            with self._looked_at(place) as (_, found):
                _require_file(found, place.shown)
                mode = found & 0o777
        except _MissingError:
            mode = _NEW_FILE_MODE
        self._replace(place, content, mode)

    def entries(self, path: str) -> list[str]:
        """Paths to show of what is below a directory, two levels deep, hidden files left out."""
        place = self._place(path)
        found: list[str] = []
        with self._looked_at(place) as (descriptor, _):
            listed = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_DIRECTORY)
            try:
                _collect(listed, place.shown, _DEPTH, found)
            finally:
                os.close(listed)
        return found

    def _place(self, path: str) -> _Place:
        inside = PurePosixPath(relative(path))
        shown = str(PurePosixPath(WORKSPACE) / inside)
        best = _Place(self._cage.worktree, str(inside), shown, self._cage.writable)
        for mount in self._cage.mounts:
            if mount.inside is not None and inside.is_relative_to(mount.inside):
                rest = str(inside.relative_to(mount.inside))
                best = _Place(mount.source, rest, shown, mount.writable)
        return best

    @contextmanager
    def _looked_at(self, place: _Place) -> Iterator[tuple[int, int]]:
        """A descriptor that only names what is at the path, and its mode; nothing is opened yet."""
        with opened(place.root) as root, _explained(place):
            descriptor = open_beneath(root, place.rest, os.O_PATH)
        try:
            yield descriptor, os.fstat(descriptor).st_mode
        finally:
            os.close(descriptor)

    def _require_writable(self, place: _Place) -> None:
        if not self._cage.writable:
            raise ToolError(
                "You work read-only: nothing in /workspace can be changed by this agent. Say in "
                "your artifact what should change."
            )
        if not place.writable:
            raise ToolError(f"{place.shown} belongs to the installed environment and is read-only.")
        if ".git" in PurePosixPath(place.rest).parts:
            raise ToolError(f"{place.shown} lies in a .git directory, which is not for editing.")
        if place.rest == ".":
            raise ToolError(f"{place.shown} is a directory.")

    def _replace(self, place: _Place, content: bytes, mode: int) -> None:
        target = PurePosixPath(place.rest)
        with opened(place.root) as root, _explained(place):
            directory = make_directories(root, str(target.parent), self._owner)
            temporary = f".{secrets.token_hex(8)}.new"
            try:
                self._write_new(directory, temporary, content, mode)
                os.rename(temporary, target.name, src_dir_fd=directory, dst_dir_fd=directory)
            finally:
                os.close(directory)

    def _write_new(self, directory: int, name: str, content: bytes, mode: int) -> None:
        descriptor = open_beneath(directory, name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(descriptor, mode)
            if self._owner is not None:
                os.fchown(descriptor, self._owner, self._owner)


class _MissingError(ToolError):
    pass


@contextmanager
def _explained(place: _Place) -> Iterator[None]:
    """Put the kernel's refusals into words."""
    try:
        yield
    except PathError as error:
        raise ToolError(str(error)) from error
    except OSError as error:
        raise _in_words(place, error) from error


def _in_words(place: _Place, error: OSError) -> ToolError:
    if error.errno == errno.ENOENT:
        return _MissingError(f"{place.shown} does not exist.")
    match error.errno:
        case errno.ELOOP:
            reason = "is or goes through a symbolic link; name the file it points to instead"
        case errno.ENOTDIR | errno.EEXIST:
            reason = "goes through a file as if it were a directory"
        case errno.EISDIR:
            reason = "is a directory"
        case errno.EXDEV:
            reason = "leads out of the worktree"
        case errno.ENAMETOOLONG:
            reason = "is too long a name"
        case errno.ENOSPC | errno.EDQUOT:
            reason = "cannot be written: the disk is full"
        case _:
            reason = f"cannot be used ({os.strerror(error.errno or 0)})"
    return ToolError(f"{place.shown} {reason}.")


def _require_file(mode: int, shown: str) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise ToolError(f"{shown} is a directory.")
    raise ToolError(f"{shown} is not a regular file (it is a pipe, a socket or a device).")


def _collect(directory: int, shown: str, depth: int, found: list[str]) -> None:
    with os.scandir(directory) as entries:
        names = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    for name, is_directory in names:
        if name.startswith(".") or name in _HIDDEN_FROM_LISTS:
            continue
        if len(found) == _MOST_ENTRIES:
            found.append(
                f"[... more than {_MOST_ENTRIES} entries; view a directory below this one]"
            )
        if len(found) > _MOST_ENTRIES:
            return
        path = f"{shown}/{name}"
        found.append(f"{path}/" if is_directory else path)
        if is_directory and depth > 1:
            _descend(directory, name, path, depth - 1, found)


def _descend(parent: int, name: str, shown: str, depth: int, found: list[str]) -> None:
    try:
        below = open_beneath(parent, name, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        _collect(below, shown, depth, found)
    finally:
        os.close(below)
