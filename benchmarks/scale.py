"""`python -m benchmarks.scale`: how the service fares with many runs, and with nothing to do.

Everything is real but GitHub and the model, which are the stand-ins; no figure of their cost is
the live service's. Figures belong to the machine they were measured on, so its load is noted.
"""

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import targets
from benchmarks.processes import load
from benchmarks.scaling.alone import Alone, measure_alone, measure_resume
from benchmarks.scaling.crowd import Crowd, measure_crowd
from benchmarks.scaling.fleet import Fleet
from benchmarks.scaling.idle import Idle, measure_idle
from benchmarks.scaling.imports import Imports
from benchmarks.scaling.options import CONFIGURATIONS, CROWDS, Given, Options, read
from benchmarks.scaling.progress import Progress
from benchmarks.targets import Target
from tests.postgres import create_database, postgres_server

TARGETS = (
    Target("planning_over_slowest", "planning / its slowest planner", 1.1),
    Target("orchestration_overhead", "orchestration / wall", 0.03),
    Target("resume_s_beyond_imports", "kill to resumed turn, s beyond imports", 3.0),
    Target("idle_cpu_percent", "idle CPU with all those waiting runs, %", 2.0),
    Target("idle_mb_over_imports", "idle memory over imports, MB", 40.0),
    Target("web_only_mb", "serve --no-worker, MB", 100.0),
    Target("waiting_run_kb", "a waiting run, kB", 5.0),
)


class Scale:
    """Measures part by part, each on a fleet of its own below one directory."""

    def __init__(self, root: Path, options: Options) -> None:
        self._root = root
        self._options = options

    def measure(self, part: str) -> dict[str, Any]:
        """Return the figures of one part as JSON types."""
        progress = Progress(part, self._options.seconds(part))
        if part in CROWDS:
            return self._crowd(part, progress)
        measured = {"alone": self._alone, "resume": self._resume, "idle": self._idle}
        with Fleet(self._root / part, self._options.size, None) as fleet:
            return measured[part](fleet, progress)

    def _alone(self, fleet: Fleet, progress: Progress) -> dict[str, Any]:
        found: Alone = measure_alone(fleet, progress)
        return {
            "planning_over_slowest": found.planning_over_slowest,
            "orchestration_overhead": found.orchestration_overhead,
            "alone": asdict(found),
        }

    def _resume(self, fleet: Fleet, progress: Progress) -> dict[str, Any]:
        imports = Imports(fleet.environment(), fleet.folder.root)
        return {"resume_s_beyond_imports": measure_resume(fleet, imports, progress)}

    def _idle(self, fleet: Fleet, progress: Progress) -> dict[str, Any]:
        found: Idle = measure_idle(fleet, self._options.waiting, self._options.window, progress)
        return {
            "idle_cpu_percent": found.cpu_percent,
            "idle_mb_over_imports": found.mb - found.mb_of_imports,
            "web_only_mb": found.web_only_mb,
            "waiting_run_kb": found.waiting_run_kb,
            "idle": asdict(found),
        }

    def _crowd(self, part: str, progress: Progress) -> dict[str, Any]:
        (configuration,) = [one for one in CONFIGURATIONS if one.name == part]
        with ExitStack() as stack:
            database = None
            if configuration.database:
                socket = stack.enter_context(postgres_server())
                database = create_database(socket, configuration.database)
            fleet = Fleet(self._root / part, self._options.crowd_size, database)
            stack.enter_context(fleet)
            crowd: Crowd = measure_crowd(fleet, configuration, self._options.issues, progress)
        return {"configurations": {part: asdict(crowd)}}


def joined(before: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of one more part beside those before it."""
    crowds = before.get("configurations", {}) | found.get("configurations", {})
    figures = {**before, **found}
    if not crowds:
        return figures
    return figures | {
        "configurations": crowds,
        "runs_per_hour": {name: crowd["runs_per_hour"] for name, crowd in crowds.items()},
        "fairness": max(crowd["fairness"] for crowd in crowds.values()),
    }


def measure(root: Path, given: Given) -> dict[str, Any]:
    """Measure what is asked for; what is known is written after each part."""
    options = given.options
    figures: dict[str, Any] = {}
    if given.add and given.json and given.json.exists():
        figures = json.loads(given.json.read_text())
    figures |= {
        "issues": options.issues,
        **asdict(options.size),
        "crowd_turns": options.crowd_turns,
        "waiting": options.waiting,
        "cores": os.cpu_count(),
    }
    minutes = sum(map(options.seconds, options.parts)) / 60
    print(f"{', '.join(options.parts)}: about {minutes:.0f} min on a calm machine", flush=True)
    for part in options.parts:
        before = load()
        figures = joined(figures, Scale(root, options).measure(part))
        figures["loads"] = {**figures.get("loads", {}), part: [before, load()]}
        if given.json:
            given.json.write_text(json.dumps(figures, indent=1) + "\n")
    return figures


def table(figures: dict[str, Any]) -> str:
    """Return the figures as a Markdown table, each beside what is to be reached."""
    rows: list[str] = []
    for name, crowd in figures.get("configurations", {}).items():
        rows += [
            f"| {name}: runs an hour | {crowd['runs_per_hour']:.0f} | | |",
            f"| {name}: ready of all | {crowd['ready']} of {crowd['runs']} | all | |",
            f"| {name}: mean queue wait, s | {crowd['queue_wait_mean']:.1f} | | |",
            f"| {name}: longest queue wait, s | {crowd['queue_wait_max']:.1f} | | |",
            f"| {name}: fairness, by mean waits | {crowd['fairness']:.2f} | | |",
            f"| {name}: fairness, by longest waits | {crowd['fairness_of_longest']:.2f} | | |",
            f"| {name}: MB an active run | {crowd['mb_per_active_run']:.1f} | | |",
        ]
    return targets.table(figures, TARGETS, *rows)


def main() -> int:
    """Measure, print the table, write the JSON; 1 when a target or a run of a crowd failed."""
    given = read(sys.argv[1:], (__doc__ or "").strip())
    with ExitStack() as stack:
        root = given.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        figures = measure(root, given)
    print(table(figures))
    lost = [line for one in figures.get("configurations", {}).values() for line in one["not_ready"]]
    print("\n".join(lost))
    return 1 if lost else targets.exit_code(figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
