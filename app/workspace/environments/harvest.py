"""Finds the directories that an installation has made, and makes them readable for everybody.

What it finds was written by a stranger's code: links are moved as links, never followed.
"""

import os
import stat
from pathlib import Path

_PASSING = frozenset({"__pycache__", ".cache", ".mypy_cache", ".ruff_cache", ".pytest_cache"})


def directories_of(tree: Path) -> frozenset[str]:
    """All directories below a tree, relative to it; `.git` aside."""
    found: set[str] = set()
    for path, names, _ in os.walk(tree):
        names[:] = [name for name in names if name != ".git"]
        inside = os.path.relpath(path, tree)
        found.update(name if inside == "." else f"{inside}/{name}" for name in names)
    return frozenset(found)


def new_directories(tree: Path, before: frozenset[str]) -> tuple[str, ...]:
    """The topmost directories that are not among `before`; caches and links left out, sorted."""
    found: list[str] = []
    for path, names, _ in os.walk(tree):
        inside = os.path.relpath(path, tree)
        kept = []
        for name in sorted(names):
            below = name if inside == "." else f"{inside}/{name}"
            if below in before:
                kept.append(name)
            elif name not in _PASSING and name != ".git" and not (tree / below).is_symlink():
                found.append(below)
        names[:] = kept
    return tuple(found)


def make_readable(tree: Path, owner: int) -> None:
    """Give a tree to `owner` (uid and gid), readable for all, no set-id bits; links stay."""
    for _, directories, files, descriptor in os.fwalk(tree, follow_symlinks=False):
        os.fchown(descriptor, owner, owner)
        os.fchmod(descriptor, 0o755)
        for name in (*directories, *files):
            mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
            os.chown(name, owner, owner, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISREG(mode):
                executable = 0o111 if mode & 0o100 else 0
                os.chmod(name, 0o644 | executable, dir_fd=descriptor)
