"""Writes and removes single files in a tree that an agent wrote, never through a link.

The contents come from git objects; what a tree should hold is decided elsewhere.
"""

import os
import stat

from app.workspace.objects import EXECUTABLE, SYMLINK
from app.workspace.removal import remove_entry
from app.workspace.sandbox.beneath import make_directories, open_beneath

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY


def write(root: int, path: bytes, mode: str, content: bytes, owner: int | None) -> None:
    """Put a file or link at a path below the directory descriptor, in place of whatever is there.

    `owner` is the uid (and gid) it shall belong to; None leaves it the service's.
    """
    directory, _, name = path.rpartition(b"/")
    _clear_way(root, directory)
    parent = make_directories(root, os.fsdecode(directory), owner)
    try:
        remove_entry(parent, name)
        if mode == SYMLINK:
            os.symlink(content, name, dir_fd=parent)
        else:
            _write_file(parent, name, content, 0o755 if mode == EXECUTABLE else 0o644)
        if owner is not None:
            os.chown(name, owner, owner, dir_fd=parent, follow_symlinks=False)
    finally:
        os.close(parent)


def remove(root: int, path: bytes) -> None:
    """Remove whatever is at a path, and the directories above it that become empty."""
    while path:
        directory, _, name = path.rpartition(b"/")
        try:
            parent = open_beneath(root, os.fsdecode(directory or b"."), _DIRECTORY)
        except OSError:
            return
        try:
            remove_entry(parent, name)
            if not _is_empty(parent):
                return
        finally:
            os.close(parent)
        path = directory


def _write_file(parent: int, name: bytes, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, mode, dir_fd=parent)
    with os.fdopen(descriptor, "wb") as handle:
        os.fchmod(descriptor, mode)
        handle.write(content)


def _clear_way(root: int, directory: bytes) -> None:
    """Remove a file or link that stands where a directory has to be."""
    parts = directory.split(b"/") if directory else []
    for depth in range(1, len(parts) + 1):
        prefix = b"/".join(parts[:depth])
        above, _, name = prefix.rpartition(b"/")
        parent = open_beneath(root, os.fsdecode(above or b"."), _DIRECTORY)
        try:
            if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=parent)
                return
        except FileNotFoundError:
            return
        finally:
            os.close(parent)


def _is_empty(directory: int) -> bool:
    with os.scandir(directory) as entries:
        return next(entries, None) is None
