"""What one cage looks like: mounts, environment, limits. Data only; `sandbox.py` runs it."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

WORKSPACE = "/workspace"
"""Where every cage sees its worktree."""

HOME = "/home/agent"
STATE = "/run/phaseline"
"""Where what the tools carry from call to call is mounted."""


@dataclass(frozen=True)
class Mount:
    """A file or directory of the host and the place where the cage sees it."""

    source: Path
    target: str
    writable: bool = False

    @property
    def inside(self) -> str | None:
        """The target relative to the worktree, or None when it lies elsewhere."""
        target = PurePosixPath(self.target)
        if not target.is_relative_to(WORKSPACE) or target == PurePosixPath(WORKSPACE):
            return None
        return str(target.relative_to(WORKSPACE))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one command may use. Sizes in bytes."""

    memory: int = 4 << 30
    """Anonymous and shared memory, summed over all processes of the command."""
    disk: int = 4 << 30
    """Blocks below the writable directories of the cage, looked at while the disk fills quickly."""
    disk_entries: int = 400_000
    output: int = 64 << 20
    file: int = 1 << 30
    processes: int = 256
    open_files: int = 4096
    nice: int = 10


@dataclass(frozen=True, kw_only=True)
class Cage:
    """One worktree as commands may see it. What this does not name is absent inside.

    `scratch` is a directory made by `scratch.Scratch`; what it holds lives as long as the session.
    `path` holds directories inside the cage that come before the tools' own on PATH.
    """

    worktree: Path
    scratch: Path
    writable: bool
    mounts: tuple[Mount, ...] = ()
    path: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    """Small read-only files (path inside, content) that exist for one command only."""
    cwd: str = WORKSPACE
    limits: Limits = field(default_factory=Limits)

    @property
    def mount_points(self) -> tuple[str, ...]:
        """Paths below the worktree that are mounts; a scan of the worktree leaves them out."""
        inside = (mount.inside for mount in self.mounts)
        return tuple(sorted(path for path in inside if path is not None))

    @property
    def writable_directories(self) -> tuple[Path, ...]:
        """The directories of the host that a command can fill."""
        own = (self.worktree, self.scratch) if self.writable else (self.scratch,)
        return own + tuple(mount.source for mount in self.mounts if mount.writable)
