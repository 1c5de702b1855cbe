"""Whether this worker may take up another run: not while its machine is short of something.

What already runs goes on; a run that is not taken up stays queued, and its tracker says so.
"""

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from phases.core.ports import Clock

log = logging.getLogger(__name__)

MEGABYTE = 1_000_000
LOOK_SECONDS = 5.0
MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True)
class Room:
    """What a machine has left: bytes of disk and memory, and programs waiting per core."""

    disk: int
    memory: int
    load: float


Gauge = Callable[[], Room]


class MachineGauge:
    """Measures this machine; `directory` lies on the disk that matters."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self) -> Room:
        """Return what is left now.

        Raises:
            OSError: when the system does not say.
        """
        load, *_ = os.getloadavg()
        return Room(
            disk=shutil.disk_usage(self._directory).free,
            memory=_available(MEMORY.read_text()),
            load=load / (os.cpu_count() or 1),
        )


def _available(text: str) -> int:
    lines = (line.split() for line in text.splitlines())
    return next(int(line[1]) * 1024 for line in lines if line[0] == "MemAvailable:")


class Admission:
    """Lets runs in while there is room: at least `least`, whose load is the most."""

    def __init__(self, gauge: Gauge, least: Room, clock: Clock) -> None:
        self._gauge = gauge
        self._least = least
        self._clock = clock
        self._said = ""

    def shortage(self) -> str:
        """Return what the machine is short of, as a sentence; empty when there is room.

        The log is told when that begins and when it ends.
        """
        found = self._measured()
        if found and not self._said:
            log.warning("no new run is taken up: %s", found)
        elif self._said and not found:
            log.info("there is room again; runs are taken up")
        self._said = found
        return found

    async def wait(self) -> None:
        """Return when there is room."""
        while self.shortage():
            await self._clock.sleep(LOOK_SECONDS)

    def _measured(self) -> str:
        try:
            room = self._gauge()
        except OSError as error:
            return f"The machine cannot be measured: {error}."
        least = self._least
        if room.disk < least.disk:
            return f"{_mb(room.disk)} of disk are free; {_mb(least.disk)} are asked for."
        if room.memory < least.memory:
            return f"{_mb(room.memory)} of memory are available; {_mb(least.memory)} are asked for."
        if room.load > least.load:
            return f"{room.load:.1f} programs wait for each core; at most {least.load:g} may."
        return ""


def _mb(size: int) -> str:
    return f"{size // MEGABYTE:,} MB"
