"""Keeps the memory of the service, and so its keys, to itself. It encrypts nothing.

What the service starts is as it would be without this: a program that is executed begins anew.
"""

import ctypes
import resource

PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """Leave no core file behind, and let nobody but root look into the process.

    A process that was forked keeps to that too, until it executes a program.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Elsewhere than on Linux there is no such call, and the limit alone holds.
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
