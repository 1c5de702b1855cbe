"""The C library, for calls of the kernel that Python has none of."""

import ctypes
import functools
import os


@functools.cache
def library() -> ctypes.CDLL:
    """Return it, loaded once; its calls leave their error in `ctypes.get_errno()`."""
    return ctypes.CDLL(None, use_errno=True)


def check(result: int) -> None:
    """Raise the `OSError` of a call that has just returned anything but 0."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
