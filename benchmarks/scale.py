"""`python -m benchmarks.scale`: how the service fares with many runs, and with nothing to do.

Everything is real but GitHub and the model, which are the stand-ins; no figure of their cost is
the live service's. Figures belong to the machine they were measured on, so its load is noted.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.scaling.alone import Alone, measure_alone, measure_resume
from benchmarks.scaling.crowd import Configuration, Crowd, measure_crowd
from benchmarks.scaling.fleet import Fleet, Size
from benchmarks.scaling.idle import WAITING, Idle, measure_idle
from benchmarks.scaling.imports import Imports
from benchmarks.scaling.processes import load
from tests.postgres import create_database, postgres_server

PARTS = ("alone", "idle", "crowd")
# Key, what it is called in the table, what is to be reached.
TARGETS = (
    ("planning_over_slowest", "planning / its slowest planner", 1.1),
    ("orchestration_overhead", "orchestration / wall", 0.03),
    ("resume_s_beyond_imports", "kill to resumed turn, s beyond imports", 3.0),
    ("idle_cpu_percent", f"idle CPU with {WAITING} waiting runs, %", 2.0),
    ("idle_mb_over_imports", "idle memory over imports, MB", 40.0),
    ("web_only_mb", "serve --no-worker, MB", 100.0),
    ("waiting_run_kb", "a waiting run, kB", 5.0),
)


@dataclass(frozen=True)
class Options:
    """How much is measured, and what of it."""

    issues: int
    size: Size
    window: float
    parts: frozenset[str]
    configurations: frozenset[str]


class Scale:
    """Measures part by part, each on a fleet of its own below one directory."""

    def __init__(self, root: Path, options: Options) -> None:
        self._root = root
        self._options = options

    def alone(self) -> dict[str, Any]:
        """Measure one run by itself, and a service that is killed in the middle of one."""
        _say("one run alone, then a kill in the middle of planning")
        with self._fleet("alone", None) as fleet:
            found: Alone = measure_alone(fleet)
            imports = Imports(fleet.environment(), fleet.folder.root)
            resume = measure_resume(fleet, imports)
        return {
            "planning_over_slowest": found.planning_over_slowest,
            "orchestration_overhead": found.orchestration_overhead,
            "resume_s_beyond_imports": resume,
            "alone": asdict(found),
        }

    def idle(self) -> dict[str, Any]:
        """Measure a service with nothing to do."""
        _say(f"an idle service without runs, with {WAITING} waiting ones, and the web side alone")
        with self._fleet("idle", None) as fleet:
            found: Idle = measure_idle(fleet, self._options.window)
        return {
            "idle_cpu_percent": found.cpu_percent,
            "idle_mb_over_imports": found.mb - found.mb_of_imports,
            "web_only_mb": found.web_only_mb,
            "waiting_run_kb": found.waiting_run_kb,
            "idle": asdict(found),
        }

    def crowd(self) -> dict[str, Any]:
        """Measure many runs at once, in each of the configurations."""
        with postgres_server() as socket:
            known = (
                Configuration("sqlite_1", None, 0),
                Configuration("postgresql_1", "scale_1", 1),
                Configuration("postgresql_3", "scale_3", 3),
            )
            asked = [one for one in known if one.name in self._options.configurations]
            found = {one.name: self._crowd(one, socket) for one in asked}
        return {
            "runs_per_hour": {name: crowd.runs_per_hour for name, crowd in found.items()},
            "fairness": max(crowd.fairness for crowd in found.values()),
            "configurations": {name: asdict(crowd) for name, crowd in found.items()},
        }

    def _crowd(self, configuration: Configuration, socket: str) -> Crowd:
        _say(f"{self._options.issues} issues on {configuration.name}")
        name = configuration.database
        database = create_database(socket, name) if name else None
        with self._fleet(configuration.name, database) as fleet:
            return measure_crowd(fleet, configuration, self._options.issues)

    @contextmanager
    def _fleet(self, name: str, database: str | None) -> Iterator[Fleet]:
        with Fleet(self._root / name, self._options.size, database) as fleet:
            yield fleet


def measure(root: Path, options: Options) -> dict[str, Any]:
    """Measure what is asked for and return the figures as JSON types."""
    scale = Scale(root, options)
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "alone": scale.alone,
        "idle": scale.idle,
        "crowd": scale.crowd,
    }
    figures: dict[str, Any] = {
        "issues": options.issues,
        **asdict(options.size),
        "cores": os.cpu_count(),
        "load_before": load(),
    }
    for name in PARTS:
        if name in options.parts:
            figures |= parts[name]()
    return {**figures, "load_after": load()}


def table(figures: dict[str, Any]) -> str:
    """Return the figures as a Markdown table, each beside what is to be reached."""
    rows = [
        f"| {title} | {figures[key]:.3g} | at most {most:g} | {_verdict(figures[key], most)} |"
        for key, title, most in TARGETS
        if key in figures
    ]
    for name, crowd in figures.get("configurations", {}).items():
        rows += [
            f"| {name}: runs an hour | {crowd['runs_per_hour']:.0f} | | |",
            f"| {name}: ready of all | {crowd['ready']} of {crowd['runs']} | all | |",
            f"| {name}: mean queue wait, s | {crowd['queue_wait_mean']:.1f} | | |",
            f"| {name}: longest queue wait, s | {crowd['queue_wait_max']:.1f} | | |",
            f"| {name}: fairness | {crowd['fairness']:.2f} | | |",
            f"| {name}: MB an active run | {crowd['mb_per_active_run']:.1f} | | |",
        ]
    return "\n".join(["| figure | measured | to reach | |", "|---|---|---|---|", *rows])


def _verdict(measured: float, most: float) -> str:
    return "reached" if measured <= most else "not reached"


def _say(what: str) -> None:
    print(f"{what} (load {load():.1f}) …", flush=True)


def _options() -> tuple[argparse.Namespace, Options]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=40)
    parser.add_argument("--repositories", type=int, default=10)
    parser.add_argument("--latency", type=float, default=1.0, help="seconds a reply takes")
    parser.add_argument("--planner-turns", type=int, default=12)
    parser.add_argument("--window", type=float, default=60.0, help="seconds to watch an idle CPU")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    names = ("sqlite_1", "postgresql_1", "postgresql_3")
    parser.add_argument("--configurations", nargs="+", choices=names, default=names)
    parser.add_argument("--data", type=Path, help="keep what the processes leave behind here")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    size = Size(given.repositories, given.latency, given.planner_turns)
    chosen = frozenset(given.parts), frozenset(given.configurations)
    return given, Options(given.issues, size, given.window, *chosen)


def main() -> int:
    """Measure, print the table, write the JSON; 1 when a run of a crowd did not become ready."""
    given, options = _options()
    with ExitStack() as stack:
        root = given.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        figures = measure(root, options)
    print(table(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")
    lost = [line for one in figures.get("configurations", {}).values() for line in one["not_ready"]]
    print("\n".join(lost))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
