"""The service with nothing to do: its memory and CPU with many waiting runs, and without."""

import subprocess
import sys
import time
from dataclasses import dataclass

import httpx2

from benchmarks.scaling.fleet import Fleet
from benchmarks.scaling.imports import Imports
from benchmarks.scaling.processes import cpu_seconds, resident_mb

WAITING = 1000
SETTLE_SECONDS = 10.0


@dataclass(frozen=True)
class Idle:
    """An idle service. CPU in percent of one core, memory in MB (10^6 bytes)."""

    cpu_percent: float
    mb: float
    mb_without_runs: float
    mb_of_imports: float
    web_only_mb: float

    @property
    def waiting_run_kb(self) -> float:
        """What one more waiting run takes, in kB."""
        return max(0.0, (self.mb - self.mb_without_runs) * 1000 / WAITING)


def measure_idle(fleet: Fleet, window: float) -> Idle:
    """Measure a service without runs, then with 1,000 that wait, then the web side by itself."""
    without = _settled(fleet)
    fleet.stop("service")
    _migrated_and_seeded(fleet)
    pid = fleet.serve(with_worker=True)
    time.sleep(SETTLE_SECONDS)
    began, used = time.monotonic(), cpu_seconds(pid)
    time.sleep(window)
    cpu = (cpu_seconds(pid) - used) / (time.monotonic() - began)
    mb = resident_mb(pid)
    fleet.stop("service")
    return Idle(
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


def _migrated_and_seeded(fleet: Fleet) -> None:
    subprocess.run(
        [sys.executable, "-m", "benchmarks.scaling.seed", str(WAITING)],
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
