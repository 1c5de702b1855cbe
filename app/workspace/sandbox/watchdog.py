"""Looks after a running command from outside: the memory it holds, the disk it fills.

Decides only that a command must die and why; `process.py` kills it.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from app.workspace.sandbox.cage import Limits

_INTERVAL = 0.1
_LOOK_AT_DISK_AFTER = 64 << 20
_LOOK_AT_ENTRIES_AFTER = 5_000
_LOOK_EVERY = 2.0
_SHARE = 20
"""Of the time that passes, at most one part in so many goes into counting."""

_FLOOR_BYTES = 256 << 20
"""A filesystem with less room than this is protected, whoever filled it."""


class Reason(StrEnum):
    """Why a command was killed."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    OUTPUT = "output"


async def watch(pid: int, limits: Limits, directories: Sequence[Path]) -> Reason:
    """Return as soon as the processes below `pid` exceed a limit; never otherwise."""
    gauge = DiskGauge(limits, directories, every=_LOOK_EVERY)
    while True:
        await asyncio.sleep(_INTERVAL)
        if await asyncio.to_thread(_memory, pid) > limits.memory:
            return Reason.MEMORY
        if await asyncio.to_thread(gauge.exceeded):
            return Reason.DISK


class DiskGauge:
    """Asks the filesystems, which is cheap; counts files when they lost a good deal, or in a while.

    In a while as well, since others may free what the command takes: after `every` seconds, or
    later when counting takes long.
    """

    def __init__(self, limits: Limits, directories: Sequence[Path], *, every: float) -> None:
        self._limits = limits
        self._every = every
        self._directories = directories
        self._before = [_free(directory) for directory in directories]
        self._next_look = time.monotonic() + every

    def exceeded(self) -> bool:
        """Whether the directories hold more than they may, or their disk is nearly full."""
        now = [_free(directory) for directory in self._directories]
        pairs = list(zip(self._before, now, strict=True))
        if any(room < min(_FLOOR_BYTES, before // 2) for (before, _), (room, _) in pairs):
            return True
        if time.monotonic() < self._next_look and not any(_shrunk(*pair) for pair in pairs):
            return False
        self._before = now
        return self.counted()

    def counted(self) -> bool:
        """Whether the directories hold more than they may, by counting now."""
        started = time.thread_time()
        used, entries = usage(self._directories)
        cost = time.thread_time() - started
        self._next_look = time.monotonic() + max(self._every, _SHARE * cost)
        return used > self._limits.disk or entries > self._limits.disk_entries


def _shrunk(before: tuple[int, int], now: tuple[int, int]) -> bool:
    room, entries = before[0] - now[0], before[1] - now[1]
    return room > _LOOK_AT_DISK_AFTER or entries > _LOOK_AT_ENTRIES_AFTER


def usage(directories: Iterable[Path]) -> tuple[int, int]:
    """Bytes on disk and entries below the directories; what cannot be read counts as nothing."""
    used = entries = 0
    waiting = [os.fspath(directory) for directory in directories]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    used += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
    return used, entries


def _free(directory: Path) -> tuple[int, int]:
    try:
        found = os.statvfs(directory)
    except OSError:
        return 0, 0
    return found.f_bavail * found.f_frsize, found.f_favail


def _memory(pid: int) -> int:
    return sum(_resident(process) for process in _tree(pid))


def _tree(pid: int) -> list[int]:
    found: list[int] = []
    waiting = [pid]
    while waiting:
        process = waiting.pop()
        found.append(process)
        try:
            for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208 - names, not paths.
                with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as children:  # noqa: PTH123 - ten times a second.
                    waiting += [int(child) for child in children.read().split()]
        except OSError:
            continue  # It ended while we looked.
    return found


def _resident(pid: int) -> int:
    """Anonymous and shared memory in bytes; shared pages count for each process that maps them."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:  # noqa: PTH123 - ten times a second.
            return sum(
                int(line.split()[1]) << 10
                for line in status
                if line.startswith(("RssAnon:", "RssShmem:"))
            )
    except OSError:
        return 0
