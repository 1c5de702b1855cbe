"""Reads single files and links of a tree that an agent wrote, never following a link on the way.

Paths are relative to a directory descriptor. What they hold is not judged, but for links.
"""

import os
import stat

from app.workspace import names
from app.workspace.sandbox.beneath import open_beneath

MOST_READ_BYTES = 32 << 20
"""Files larger than this are not even kept in snapshots."""

_MOST_LINKS = 32

Stamp = tuple[int, int, int, int, int, int]
"""Device, inode, mode, size, mtime and ctime: what tells that a file is the one seen before."""


def stamp_of(status: os.stat_result) -> Stamp:
    """Return what tells this file, as it is, from any other."""
    return (
        status.st_dev,
        status.st_ino,
        status.st_mode,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def lstat(root: int, path: bytes) -> os.stat_result:
    """Look at a path itself.

    Raises:
        OSError: when it is not there, or a link stands in its way.
    """
    directory, _, name = path.rpartition(b"/")
    descriptor = open_beneath(root, os.fsdecode(directory or b"."), os.O_RDONLY | os.O_DIRECTORY)
    try:
        return os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    finally:
        os.close(descriptor)


def content_of(root: int, path: bytes, status: os.stat_result) -> bytes | None:
    """Return what a file or link holds if it is the one that `status` tells of; None otherwise."""
    try:
        if stat.S_ISLNK(status.st_mode):
            return target_of(root, path)
        descriptor = open_beneath(root, os.fsdecode(path), os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as handle:
        if stamp_of(os.fstat(descriptor)) != stamp_of(status):
            return None
        content = handle.read(MOST_READ_BYTES + 1)
    return content if len(content) == status.st_size else None


def target_of(root: int, path: bytes) -> bytes:
    """Return where a link says it leads.

    Raises:
        OSError: when it is no link.
    """
    directory, _, name = path.rpartition(b"/")
    descriptor = open_beneath(root, os.fsdecode(directory or b"."), os.O_RDONLY | os.O_DIRECTORY)
    try:
        return os.readlink(name, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def link_refusal(root: int, path: bytes) -> str:
    """Say why a link may not go in: where it leads is followed by name, one link at a time."""
    try:
        pending = path.split(b"/")[::-1]
        inside: list[bytes] = []
        links = 0
        while pending:
            part = pending.pop()
            if part in {b"", b"."}:
                continue
            if part == b"..":
                if not inside:
                    return "it is a link that leaves the repository"
                inside.pop()
                continue
            if names.is_git_directory(part.decode("utf-8", "replace")):
                return "it is a link into a git directory"
            target = _link_at(root, b"/".join([*inside, part]))
            if target is None:
                inside.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                return "it is a link that leads in circles"
            if target.startswith(b"/"):
                return "it is a link that leaves the repository"
            pending += target.split(b"/")[::-1]
    except OSError:
        return "it is a link that cannot be read"
    return ""


def _link_at(root: int, path: bytes) -> bytes | None:
    try:
        return target_of(root, path) if stat.S_ISLNK(lstat(root, path).st_mode) else None
    except (FileNotFoundError, NotADirectoryError):
        return None
