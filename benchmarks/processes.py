"""What the kernel says of a process: its memory, its CPU time, which programs it has started."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PAUSE = 0.01
_FIELDS_BEFORE_CPU = 11  # Behind the name in brackets: proc(5), `utime` is field 14.


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in MB (10^6 bytes)."""
    return _status_mb(pid, "VmRSS")


def peak_mb(pid: int) -> float:
    """Return the most resident memory that a process has had, in MB.

    Not `ru_maxrss`: a program starts with that of the process which started it, see getrusage(2).
    """
    return _status_mb(pid, "VmHWM")


def _status_mb(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"the kernel tells no {field} of process {pid}")


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and of those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[_FIELDS_BEFORE_CPU : _FIELDS_BEFORE_CPU + 4])) / _TICKS


def load() -> float:
    """Return the machine's load of the last minute."""
    return os.getloadavg()[0]


@dataclass(frozen=True)
class Span:
    """A piece of time, in seconds since 1970."""

    begin: float
    end: float


class Gits:
    """Notes when a process has a git at work below it, by looking every 10 ms."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.spans: list[Span] = []

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _look_on(self) -> None:
        before = time.time()
        while not self._stop.wait(_PAUSE):
            now = time.time()
            if self._at_work():
                self.spans.append(Span(before, now))
            before = now

    def _at_work(self) -> bool:
        try:
            return any(
                Path(f"/proc/{child}/comm").read_text().startswith("git")
                for task in self._tasks.iterdir()
                for child in (task / "children").read_text().split()
            )
        except (FileNotFoundError, ProcessLookupError):
            # A task or a child has just ended.
            return False
