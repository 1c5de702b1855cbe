"""Become another program that dies with its parent: `tether.py PARENT_PID PROGRAM ARGUMENT...`.

It stands between fork and exec, so that the demo needs no code there, and imports nothing of ours.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for SIGKILL at the parent's death, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2]
    die_with(parent)
    os.execv(program, sys.argv[2:])  # noqa: S606 -- no shell is wanted


def die_with(parent: int) -> None:
    """Ask for SIGKILL at the parent's death; a fork asks anew, an exec need not.

    Raises:
        SystemExit: the parent has died already.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        # The parent died before the request was in force.
        sys.exit("the parent is gone")


if __name__ == "__main__":
    main()
