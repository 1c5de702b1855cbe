"""One run alone on an idle service: planning, orchestration, and how fast a kill is made good."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.processes import Gits, Span
from benchmarks.scaling.fleet import Fleet
from benchmarks.scaling.imports import Imports
from benchmarks.scaling.progress import Progress
from benchmarks.scaling.rows import UNDER_WAY, Rows, RunTimes, covered_seconds, rows_of

PAUSE = 0.2
PATIENCE = 900.0
KILLED_AT = ("planning/architect/1", 3)


@dataclass(frozen=True)
class Alone:
    """Where the time of one run went, in seconds; `wall` begins with its first segment."""

    wall: float
    model: float
    tools: float
    actions: float
    git: float
    orchestration: float
    planning: float
    slowest_planner: float

    @property
    def orchestration_overhead(self) -> float:
        """The share of the wall in which nobody outside was waited for."""
        return self.orchestration / self.wall

    @property
    def planning_over_slowest(self) -> float:
        """Planning with everything in it, over the slowest planner by itself."""
        return self.planning / self.slowest_planner


def measure_alone(fleet: Fleet, progress: Progress) -> Alone:
    """Let one issue become ready on a service with nothing else to do."""
    pid = fleet.serve(with_worker=True)
    with Gits(pid) as gits, rows_of(fleet.database) as rows:
        fleet.label_issues(1)
        (run,) = wait_until_ended(fleet, rows, 1, progress)
        assert run.state == "ready", run.reason
        assert run.started_at is not None
        assert run.ended_at is not None
        asked = [entry for entry in fleet.requests_of_claude() if entry["run"] == run.id]
        model = [_span(entry) for entry in asked]
        tools, actions = rows.tools(run.id), rows.actions(run.id)
        began, ended = run.started_at.timestamp(), run.ended_at.timestamp()
        planning, slowest = _planning(rows, run.id, asked)
    outside = covered_seconds([*model, *tools, *actions, *gits.spans], began, ended)
    return Alone(
        wall=ended - began,
        model=covered_seconds(model, began, ended),
        tools=covered_seconds(tools, began, ended),
        actions=covered_seconds(actions, began, ended),
        git=covered_seconds(gits.spans, began, ended),
        orchestration=ended - began - outside,
        planning=planning,
        slowest_planner=slowest,
    )


def measure_resume(fleet: Fleet, imports: Imports, progress: Progress) -> float:
    """Kill a service in the middle of planning; return the seconds to its first resumed turn.

    What importing takes, measured now, is taken off.
    """
    fleet.serve(with_worker=True)
    fleet.label_issues(1)

    def planning() -> bool:
        progress.stands(_asked(fleet))
        return KILLED_AT in {(e["step"], e["turn"]) for e in _latest_run(fleet)}

    wait_until(fleet, planning)
    fleet.kill("service")
    killed = datetime.now(UTC).isoformat(timespec="milliseconds")
    fleet.serve(with_worker=True)
    wait_until(fleet, lambda: any(e["time"] > killed for e in _latest_run(fleet)))
    resumed = min(e["time"] for e in _latest_run(fleet) if e["time"] > killed)
    waited = datetime.fromisoformat(resumed) - datetime.fromisoformat(killed)
    return waited.total_seconds() - imports.seconds()


def wait_until_ended(fleet: Fleet, rows: Rows, count: int, progress: Progress) -> list[RunTimes]:
    """Wait until so many runs have come to a stop.

    Raises:
        TimeoutError: they did not in time.
    """

    def ended() -> bool:
        progress.stands(_asked(fleet))
        return len([run for run in rows.runs() if run.state not in UNDER_WAY]) == count

    wait_until(fleet, ended)
    return rows.runs()


def _asked(fleet: Fleet) -> str:
    """Return how far the conversations are."""
    asked = [entry for entry in fleet.requests_of_claude() if entry["kind"] == "message"]
    return f"{len(asked)} requests" + (f", at {asked[-1]['step']}" if asked else "")


def wait_until(fleet: Fleet, what: Callable[[], bool]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it is not so in time.
    """
    deadline = time.monotonic() + PATIENCE
    while not what():
        fleet.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"not in {PATIENCE:.0f} s; see {fleet.folder.logs}")
        time.sleep(PAUSE)


def _latest_run(fleet: Fleet) -> list[dict[str, Any]]:
    """Return what Claude was asked in the run that asked last."""
    asked = [entry for entry in fleet.requests_of_claude() if entry["kind"] == "message"]
    return [entry for entry in asked if entry["run"] == asked[-1]["run"]]


def _planning(rows: Rows, run: str, asked: list[dict[str, Any]]) -> tuple[float, float]:
    began, ends = rows.planning(run)
    first = {
        step: min(_span(e).begin for e in asked if e["step"] == step and e["kind"] == "message")
        for step in ends
    }
    slowest = max(ended.timestamp() - first[step] for step, ended in ends.items())
    return max(ends.values()).timestamp() - began.timestamp(), slowest


def _span(entry: dict[str, Any]) -> Span:
    begin = datetime.fromisoformat(entry["time"]).timestamp()
    return Span(begin, begin + entry["seconds"])
