"""Many labelled issues at once: throughput, queue wait, fairness, memory of the workers."""

import time
from dataclasses import dataclass
from statistics import fmean

from benchmarks.processes import load, resident_mb
from benchmarks.scaling.alone import PATIENCE, wait_until
from benchmarks.scaling.fleet import Fleet
from benchmarks.scaling.progress import Progress
from benchmarks.scaling.rows import (
    UNDER_WAY,
    Rows,
    RunTimes,
    fairness,
    fairness_of_longest,
    rows_of,
)

PAUSE = 1.0
SETTLE_SECONDS = 5.0


@dataclass(frozen=True)
class Configuration:
    """A name, the database (None for SQLite), and workers beside the web side (0: within it)."""

    name: str
    database: str | None
    workers: int


@dataclass(frozen=True)
class Crowd:
    """What a crowd of runs came to. Waits in seconds, memory in MB (10^6 bytes).

    `fairness` is the largest queue wait of a repository over the mean of all, where the wait of a
    repository is the mean of its runs'; `fairness_of_longest` is the same of its longest waits.
    """

    runs: int
    ready: int
    wall: float
    runs_per_hour: float
    queue_wait_mean: float
    queue_wait_max: float
    fairness: float
    fairness_of_longest: float
    most_active: int
    mb_per_active_run: float
    load_at_end: float
    not_ready: tuple[str, ...]


def measure_crowd(
    fleet: Fleet, configuration: Configuration, issues: int, progress: Progress
) -> Crowd:
    """Label so many issues at once and wait until every run has come to a stop."""
    pids = [fleet.serve(with_worker=not configuration.workers)]
    pids += [fleet.work(number + 1) for number in range(configuration.workers)]
    with rows_of(fleet.database) as rows:
        wait_until(fleet, lambda: rows.workers() == configuration.workers)
        time.sleep(SETTLE_SECONDS)
        watch = _Watch(fleet, rows, pids, issues, progress)
        fleet.label_issues(issues)
        return _crowd(watch.until_ended(), watch)


class _Watch:
    """Looks at runs and memory until everything has ended."""

    def __init__(
        self, fleet: Fleet, rows: Rows, pids: list[int], issues: int, progress: Progress
    ) -> None:
        self._progress = progress
        self._fleet = fleet
        self._rows = rows
        self._pids = pids
        self._issues = issues
        self._idle = self._megabytes()
        self.peak = 0.0
        self.most_active = 0

    @property
    def mb_per_active_run(self) -> float:
        """How much more memory all processes took at their most, by the most runs at once."""
        return (self.peak - self._idle) / max(1, self.most_active)

    def until_ended(self) -> list[RunTimes]:
        """Return the runs once none of them is under way.

        Raises:
            TimeoutError: none has ended for long.
        """
        moved = time.monotonic()
        ended = 0
        while True:
            runs = self._look()
            now, before = time.monotonic(), ended
            ended = len([run for run in runs if run.state not in UNDER_WAY])
            if ended == self._issues:
                return runs
            moved = now if ended > before else moved
            if now - moved > PATIENCE:
                raise TimeoutError(f"no run ended for {PATIENCE:.0f} s; see {self._fleet.folder}")
            under_way = len([run for run in runs if run.state == "running"])
            stands = f"{ended} of {self._issues} have ended, {under_way} under way"
            self._progress.stands(stands, self._fleet.share_done(self._issues))
            time.sleep(PAUSE)

    def _look(self) -> list[RunTimes]:
        self._fleet.check()
        runs = self._rows.runs()
        active = len([run for run in runs if run.state == "running"])
        # Memory is not given back at once, so the two need not be of the same moment.
        self.peak = max(self.peak, self._megabytes())
        self.most_active = max(self.most_active, active)
        return runs

    def _megabytes(self) -> float:
        return sum(resident_mb(pid) for pid in self._pids)


def _crowd(runs: list[RunTimes], watch: _Watch) -> Crowd:
    ready = [run for run in runs if run.state == "ready"]
    waits = [run.queue_wait for run in runs]
    ends = [run.ended_at for run in runs if run.ended_at is not None]
    wall = (max(ends) - min(run.created_at for run in runs)).total_seconds()
    return Crowd(
        runs=len(runs),
        ready=len(ready),
        wall=wall,
        runs_per_hour=len(ready) / wall * 3600,
        queue_wait_mean=fmean(waits),
        queue_wait_max=max(waits),
        fairness=fairness(runs),
        fairness_of_longest=fairness_of_longest(runs),
        most_active=watch.most_active,
        mb_per_active_run=watch.mb_per_active_run,
        load_at_end=load(),
        not_ready=tuple(
            f"{run.id} {run.state}: {run.reason}" for run in runs if run.state != "ready"
        ),
    )
