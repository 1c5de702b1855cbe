"""The service with nothing to do: its memory and CPU with many waiting runs, and without."""

import subprocess
import sys
import time
from dataclasses import dataclass

import httpx2

from benchmarks.processes import cpu_seconds, resident_mb
from benchmarks.scaling.fleet import Fleet
from benchmarks.scaling.imports import Imports
from benchmarks.scaling.progress import Progress

SETTLE_SECONDS = 10.0
PAUSE = 5.0


@dataclass(frozen=True)
class Idle:
    """An idle service. CPU in percent of one core, memory in MB (10^6 bytes)."""

    waiting: int
    cpu_percent: float
    mb: float
    mb_without_runs: float
    mb_of_imports: float
    web_only_mb: float

    @property
    def waiting_run_kb(self) -> float:
        """What one more waiting run takes, in kB."""
        return max(0.0, (self.mb - self.mb_without_runs) * 1000 / self.waiting)


def measure_idle(fleet: Fleet, waiting: int, window: float, progress: Progress) -> Idle:
    """Measure a service without runs, then with many that wait, then the web side by itself."""
    without = _settled(fleet)
    fleet.stop("service")
    progress.stands(f"putting {waiting} waiting runs into the store")
    _migrated_and_seeded(fleet, waiting)
    pid = fleet.serve(with_worker=True)
    time.sleep(SETTLE_SECONDS)
    began, used = time.monotonic(), cpu_seconds(pid)
    while (left := began + window - time.monotonic()) > 0:
        progress.stands(f"watching {waiting} runs wait")
        time.sleep(min(left, PAUSE))
    cpu = (cpu_seconds(pid) - used) / (time.monotonic() - began)
    mb = resident_mb(pid)
    fleet.stop("service")
    return Idle(
        waiting=waiting,
        cpu_percent=100 * cpu,
        mb=mb,
        mb_without_runs=without,
        mb_of_imports=Imports(fleet.environment(), fleet.folder.root).megabytes(),
        web_only_mb=_web_only(fleet),
    )


def _settled(fleet: Fleet) -> float:
    pid = fleet.serve(with_worker=True)
    time.sleep(SETTLE_SECONDS)
    return resident_mb(pid)


def _migrated_and_seeded(fleet: Fleet, waiting: int) -> None:
    subprocess.run(
        [sys.executable, "-m", "benchmarks.scaling.seed", str(waiting)],
        env=fleet.environment(),
        check=True,
    )


def _web_only(fleet: Fleet) -> float:
    """Return the memory of a web side that has answered pages and taken a delivery."""
    pid = fleet.serve(with_worker=False)
    with httpx2.Client(base_url=fleet.url("service"), trust_env=False, timeout=60) as client:
        for path in ("/readyz", "/", "/runs.json", "/metrics"):
            client.get(path)
    fleet.label_issues(1)
    time.sleep(SETTLE_SECONDS / 5)
    mb = resident_mb(pid)
    fleet.stop("service")
    return mb
