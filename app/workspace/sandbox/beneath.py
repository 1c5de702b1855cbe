"""Opens paths in a tree that somebody else is writing to; never leaves it, never follows a link.

The kernel resolves each path in one go (openat2), so that nothing can be swapped between a look and
the use. This is not a general file library: it holds what the service does in a hostile tree.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from app.workspace.sandbox.errors import PathError
from app.workspace.sandbox.libc import library

_SYS_OPENAT2 = 437  # The same number on every architecture.
_NO_XDEV = 0x01
_NO_MAGICLINKS = 0x02
_NO_SYMLINKS = 0x04
_BENEATH = 0x08
_RESOLVE = _NO_XDEV | _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def open_beneath(directory: int, path: str, flags: int, mode: int = 0) -> int:
    """Open `path` below the directory descriptor; returns a descriptor.

    Raises `OSError` as the kernel names it: ELOOP for a symbolic link anywhere in the path, EXDEV
    for a path that leaves the directory or meets a mount, ENOSYS where the kernel is older than
    5.6.
    """
    if "\0" in path:
        raise PathError(f"{path!r} holds a NUL character; no file has such a name.")
    how = _How(flags=flags | os.O_CLOEXEC, mode=mode, resolve=_RESOLVE)
    while True:
        descriptor = int(
            library().syscall(
                _SYS_OPENAT2,
                ctypes.c_int(directory),
                ctypes.c_char_p(os.fsencode(path)),
                ctypes.byref(how),
                ctypes.c_size_t(ctypes.sizeof(how)),
            )
        )
        if descriptor >= 0:
            return descriptor
        number = ctypes.get_errno()
        # EAGAIN: the tree was being renamed under the walk and the kernel could not prove it stayed
        # inside.
        if number not in (errno.EINTR, errno.EAGAIN):
            raise OSError(number, os.strerror(number), path)


@contextmanager
def opened(directory: Path) -> Iterator[int]:
    """A descriptor of `directory`, which belongs to the service and is trusted."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def make_directories(root: int, path: str, owner: int | None) -> int:
    """Make `path` below `root` with what is missing above it; returns the last one's descriptor.

    New directories belong to `owner` when it is given. Raises `OSError` (ELOOP, ENOTDIR) when a
    part of the path is there and is no directory.
    """
    with ExitStack() as undo:
        current = os.dup(root)
        undo.callback(os.close, current)
        for part in PurePosixPath(path).parts:
            current = _step(current, part, owner)
            undo.callback(os.close, current)
        return os.dup(current)


def _step(parent: int, name: str, owner: int | None) -> int:
    try:
        return open_beneath(parent, name, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        os.mkdir(name, 0o755, dir_fd=parent)
    made = open_beneath(parent, name, os.O_RDONLY | os.O_DIRECTORY)
    if owner is not None:
        os.fchown(made, owner, owner)
    return made


def own_tree(root: Path, owner: int) -> None:
    """Give `root` and all below it to `owner` (uid and gid); links, never what they point at."""
    os.chown(root, owner, owner, follow_symlinks=False)
    if stat.S_ISDIR(root.lstat().st_mode):
        for _, directories, files, descriptor in os.fwalk(root, follow_symlinks=False):
            for name in (*directories, *files):
                os.chown(name, owner, owner, dir_fd=descriptor, follow_symlinks=False)
