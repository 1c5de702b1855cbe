"""Makes the places in a worktree where mounts go; bubblewrap itself would follow a link there.

An agent may have put something else there: such a mount is left out and nothing of the agent's is
touched.
"""

import os
import stat
from dataclasses import replace
from pathlib import PurePosixPath

from app.workspace.sandbox.beneath import make_directories, open_beneath, opened
from app.workspace.sandbox.cage import Cage, Mount


def place_mounts(cage: Cage, owner: int | None) -> tuple[Cage, tuple[str, ...]]:
    """Make them; returns the cage without the mounts that have no place, and their targets."""
    absent: list[str] = []
    usable: list[Mount] = []
    with opened(cage.worktree) as root:
        for mount in cage.mounts:
            inside = mount.inside
            if inside is None or _place(root, mount, PurePosixPath(inside), owner):
                usable.append(mount)
            else:
                absent.append(inside)
    return replace(cage, mounts=tuple(usable)), tuple(absent)


def _place(root: int, mount: Mount, inside: PurePosixPath, owner: int | None) -> bool:
    try:
        if stat.S_ISDIR(mount.source.stat().st_mode):
            os.close(make_directories(root, str(inside), owner))
            return True
        parent = make_directories(root, str(inside.parent), owner)
    except OSError:
        return False
    try:
        return _make_file(parent, inside.name)
    finally:
        os.close(parent)


def _make_file(parent: int, name: str) -> bool:
    try:
        place = open_beneath(parent, name, os.O_CREAT | os.O_RDONLY | os.O_NONBLOCK, 0o644)
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(place).st_mode)
    finally:
        os.close(place)
