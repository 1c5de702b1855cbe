"""The calls of the kernel with which a root service stages paths; Python has none of them."""

import ctypes
import os
from pathlib import Path

from app.workspace.sandbox.libc import check, library

_NEW_MOUNT_NAMESPACE = 0x0002_0000
_BIND = 0x1000
_RECURSIVE = 0x4000
_SLAVE = 0x0008_0000
_DETACH = 0x2


def leave_mount_namespace() -> None:
    """Move the calling thread, and what it starts from now on, into a copy of its mount namespace.

    What the host mounts and takes away later is seen there; nothing goes the other way. Raises
    `OSError`.
    """
    check(library().unshare(ctypes.c_int(_NEW_MOUNT_NAMESPACE)))
    _mount(b"none", b"/", _RECURSIVE | _SLAVE)


def bind(source: Path, place: Path) -> None:
    """Show `source`, without what is mounted below it, at `place` as well. Raises `OSError`."""
    _mount(os.fsencode(source), os.fsencode(place), _BIND)


def detach(place: Path) -> None:
    """Take away what is mounted at `place` and below; who uses it keeps it. Raises `OSError`."""
    check(library().umount2(ctypes.c_char_p(os.fsencode(place)), ctypes.c_int(_DETACH)))


def _mount(source: bytes, place: bytes, flags: int) -> None:
    where = ctypes.c_char_p(source), ctypes.c_char_p(place)
    check(library().mount(*where, None, ctypes.c_ulong(flags), None))
