"""How much `benchmarks.scale` measures, what of it, and about how long that takes."""

import argparse
import math
import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scaling.crowd import Configuration
from benchmarks.scaling.fleet import Size

CONFIGURATIONS = (
    Configuration("sqlite_1", None, 0),
    Configuration("postgresql_1", "scale_1", 1),
    Configuration("postgresql_3", "scale_3", 3),
)
CROWDS = tuple(one.name for one in CONFIGURATIONS)
PARTS = ("alone", "resume", "idle", *CROWDS)
QUICK_PARTS = ("alone", "resume", "idle", "sqlite_1")
# What a run takes, for estimates only: turns beside the planners', seconds of CPU of everything.
_TURNS = 33
_TURN_SECONDS = 0.1
_CPU_SECONDS = 12.0
_START_SECONDS = 10.0
_RUNS_PER_WORKER = 6


@dataclass(frozen=True)
class Options:
    """How much is measured, and what of it; `crowd_turns` are those of a planner in a crowd."""

    issues: int
    size: Size
    crowd_turns: int
    window: float
    waiting: int
    parts: tuple[str, ...]

    @property
    def crowd_size(self) -> Size:
        """How large the fleet of a crowd is."""
        return Size(self.size.repositories, self.size.latency, self.crowd_turns)

    def seconds(self, part: str) -> float:
        """Return about how long a part takes on a machine that does nothing else."""
        if part == "idle":
            return 6 * _START_SECONDS + self.window + self.waiting / 25
        if part == "resume":
            return 2 * _START_SECONDS + 10 * self.size.latency
        if part == "alone":
            return _START_SECONDS + _run_seconds(self.size)
        (configuration,) = [one for one in CONFIGURATIONS if one.name == part]
        at_once = _RUNS_PER_WORKER * max(1, configuration.workers)
        rounds = math.ceil(self.issues / at_once)
        cpu = self.issues * _CPU_SECONDS / (os.cpu_count() or 1)
        return _START_SECONDS + max(rounds * _run_seconds(self.crowd_size), cpu)


def _run_seconds(size: Size) -> float:
    return (_TURNS + size.planner_turns) * (size.latency + _TURN_SECONDS)


@dataclass(frozen=True)
class Given:
    """What the command line said."""

    options: Options
    data: Path | None
    json: Path | None
    add: bool


def read(arguments: list[str], description: str) -> Given:
    """Read the command line; `--quick` is a form for a minute, whose figures mean little."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a small form, to see that it works")
    parser.add_argument(
        "--part", action="append", choices=PARTS, help="only this part; may be given again"
    )
    parser.add_argument("--issues", type=int, help="in each crowd (40)")
    parser.add_argument("--repositories", type=int, help="(10)")
    parser.add_argument("--latency", type=float, help="seconds a reply takes (1)")
    parser.add_argument("--planner-turns", type=int, help="of the run alone (12)")
    parser.add_argument("--crowd-turns", type=int, help="of a planner in a crowd (4)")
    parser.add_argument("--window", type=float, help="seconds to watch an idle CPU (60)")
    parser.add_argument("--waiting", type=int, help="runs that wait (1000)")
    parser.add_argument("--data", type=Path, help="keep what the processes leave behind here")
    parser.add_argument("--json", type=Path, help="write the figures here, after each part")
    parser.add_argument("--add", action="store_true", help="keep what that file has of other parts")
    given = parser.parse_args(arguments)
    usual = _QUICK if given.quick else _FULL

    def chosen(name: str) -> float:
        value = getattr(given, name)
        return usual[name] if value is None else float(value)

    size = Size(int(chosen("repositories")), chosen("latency"), int(chosen("planner_turns")))
    parts = tuple(given.part or (QUICK_PARTS if given.quick else PARTS))
    options = Options(
        issues=int(chosen("issues")),
        size=size,
        crowd_turns=int(chosen("crowd_turns")),
        window=chosen("window"),
        waiting=int(chosen("waiting")),
        parts=tuple(part for part in PARTS if part in parts),
    )
    return Given(options, given.data, given.json, given.add)


_FULL = {
    "issues": 40.0,
    "repositories": 10.0,
    "latency": 1.0,
    "planner_turns": 12.0,
    "crowd_turns": 4.0,
    "window": 60.0,
    "waiting": 1000.0,
}
_QUICK = {
    "issues": 4.0,
    "repositories": 2.0,
    "latency": 0.05,
    "planner_turns": 3.0,
    "crowd_turns": 2.0,
    "window": 5.0,
    "waiting": 50.0,
}
