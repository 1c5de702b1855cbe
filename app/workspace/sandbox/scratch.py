"""The directories of one session beside its worktree: home, /tmp, and what its tools carry on.

They are made fresh for each session and removed with it; nothing in them reaches another session.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from app.workspace.sandbox.beneath import own_tree

_PARTS = {"home": 0o700, "tmp": 0o1777, "shm": 0o1777, "state": 0o700}


@dataclass(frozen=True)
class Scratch:
    """One session's own directories below `path`."""

    path: Path

    @classmethod
    def make(cls, path: Path, owner: int | None) -> "Scratch":
        """Make them anew at `path`; they belong to `owner` when it is given."""
        if path.exists():
            shutil.rmtree(path)
        path.mkdir(parents=True, mode=0o711)
        for name, mode in _PARTS.items():
            part = path / name
            part.mkdir()
            part.chmod(mode)
            if owner is not None:
                own_tree(part, owner)
        return cls(path)

    def remove(self) -> None:
        """Remove them. What the agent left there, however odd, is never followed."""
        shutil.rmtree(self.path, ignore_errors=True)
