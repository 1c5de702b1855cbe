"""Gives each command a control group of its own, where the host has delegated one to the service.

Such a group holds memory and processes of a command as a sum and at once. Without one the watchdog
does what it can; this module only says which of the two it is.
"""

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from app.workspace.sandbox.cage import Limits

_log = logging.getLogger(__name__)
_MOUNTS = Path("/proc/self/mounts")
_OWN = Path("/proc/self/cgroup")
_WANTED = frozenset({"memory", "pids"})
_SERVICE = "service"
_MORE_PROCESSES = 8  # Bubblewrap and what starts it.
_TRIES = 50
_TRY_SECONDS = 0.01
_ENTER = 'echo 0 >"$0" && exec "$@"'


def delegated(mounts: Path = _MOUNTS, own: Path = _OWN) -> Path | None:
    """Return the group below which the service may make others, made ready for that; or None.

    A group with groups below it may hold no process, so that what is in it moves one down.
    """
    base = _own_group(mounts, own)
    # Only the root of all groups has no type: it belongs to the host, whoever may write to it.
    if base is None or not (base / "cgroup.type").exists() or not os.access(base, os.W_OK):
        return None
    try:
        above = base.parent / "cgroup.subtree_control"
        if base.name == _SERVICE and above.exists() and _words(above) >= _WANTED:
            return base.parent  # This process has moved already.
        if not _words(base / "cgroup.controllers") >= _WANTED:
            return None
        service = base / _SERVICE
        service.mkdir(exist_ok=True)
        for process in sorted(_words(base / "cgroup.procs")):
            with contextlib.suppress(ProcessLookupError):
                (service / "cgroup.procs").write_text(process, encoding="ascii")
        (base / "cgroup.subtree_control").write_text("+memory +pids", encoding="ascii")
    except OSError as error:
        _log.warning("the control group %s cannot be used: %s", base, error)
        return None
    return base


def _own_group(mounts: Path, own: Path) -> Path | None:
    lines = (line.split() for line in mounts.read_text(encoding="utf-8").splitlines())
    mounted = next((line[1] for line in lines if line[2] == "cgroup2"), None)
    groups = own.read_text(encoding="utf-8").splitlines()
    mine = next((line.removeprefix("0::") for line in groups if line.startswith("0::")), None)
    return None if mounted is None or mine is None else Path(mounted, mine.lstrip("/"))


def _words(file: Path) -> set[str]:
    return set(file.read_text(encoding="ascii").split())


class Group:
    """The control group of one command."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def enter(self, argv: list[str]) -> list[str]:
        """Return the command line that starts `argv` inside the group."""
        return ["/bin/sh", "-c", _ENTER, str(self._path / "cgroup.procs"), *argv]

    def limit(self, limits: Limits, controllers: set[str]) -> None:
        """Set what those of the controllers that are there can hold."""
        wanted = {
            "memory": {
                "memory.max": limits.memory,
                "memory.swap.max": 0,
                # One process less is a riddle to the others: all of them end.
                "memory.oom.group": 1,
            },
            "pids": {"pids.max": limits.processes + _MORE_PROCESSES},
        }
        for controller in sorted(controllers & wanted.keys()):
            for name, value in wanted[controller].items():
                (self._path / name).write_text(str(value), encoding="ascii")

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has killed it for its memory."""
        with contextlib.suppress(FileNotFoundError):
            events = (self._path / "memory.events").read_text(encoding="ascii").splitlines()
            return any(line.startswith("oom_kill ") and line != "oom_kill 0" for line in events)
        return False

    async def remove(self) -> None:
        """End whatever is left in it and take it away."""
        (self._path / "cgroup.kill").write_text("1", encoding="ascii")
        for _ in range(_TRIES):
            with contextlib.suppress(OSError):
                self._path.rmdir()
                return
            await asyncio.sleep(_TRY_SECONDS)
        _log.warning("the control group %s is left behind", self._path)


@contextlib.asynccontextmanager
async def group(base: Path, limits: Limits) -> AsyncIterator[Group]:
    """Make a group below `base` for one command; gone afterwards with all that is in it."""
    path = base / f"cage-{secrets.token_hex(8)}"
    path.mkdir()
    made = Group(path)
    try:
        made.limit(limits, _words(base / "cgroup.subtree_control"))
        yield made
    finally:
        await made.remove()
