"""Removes what an agent left, however deep it lies and whatever its modes are; follows no link."""

import os
import stat
import subprocess
from pathlib import Path

_SECONDS = 300.0


def remove_tree(path: Path) -> None:
    """Remove a file or directory; one that is not there is no error.

    Raises:
        OSError: when something of it is still there.
    """
    try:
        parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        remove_entry(parent, os.fsencode(path.name))
    finally:
        os.close(parent)


def remove_entry(parent: int, name: bytes) -> None:
    """Remove an entry of the directory descriptor; one that is not there is no error.

    Raises:
        OSError: when something of it is still there.
    """
    try:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(name, dir_fd=parent)
            return
    except FileNotFoundError:
        return
    # Not `shutil.rmtree`: it recurses, and an agent can nest directories deeper than Python can.
    if not _run(parent, name, "/bin/rm", "-rf"):
        _run(parent, name, "/bin/chmod", "-R", "u+rwx")
        if not _run(parent, name, "/bin/rm", "-rf"):
            raise OSError(f"{os.fsdecode(name)!r} could not be removed")


def _run(parent: int, name: bytes, *command: str) -> bool:
    place = os.fsencode(f"/proc/self/fd/{parent}/") + name
    done = subprocess.run(
        [*command, "--", place],
        pass_fds=(parent,),
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )
    return done.returncode == 0
