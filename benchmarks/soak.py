"""`python -m benchmarks.soak`: workers on PostgreSQL are killed at random until all runs are over.

What happened twice or was lost is counted in the stand-ins' logs and in git. The same seed waits
the same pauses and throws the same dice; who is busy then, and at what, is the machine's affair.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import targets
from benchmarks.matrix import matrix
from benchmarks.outages import Lengths, outages
from benchmarks.targets import Target
from tests.durability.band import Band, band
from tests.durability.counting import Toll, run_of, toll
from tests.durability.lives import is_over
from tests.forking import fork_server
from tests.postgres import create_database, postgres_server
from tests.story import Story

LOOK_SECONDS = 0.5
TELL_SECONDS = 10.0
# How many of the deaths meet a worker that is busy.
BUSY_SHARE = 0.75
TARGETS = (
    Target("lost", "things of runs that are missing", 0),
    Target("doubled", "things of runs that stand twice", 0),
)
TAKEN_OVER = Target("takeover_s_max", "a death to the turn's next request, s", 10.0)


@dataclass(frozen=True)
class Options:
    """How hard, and how long: times in seconds, `pause` the mean time between kills.

    After `most_seconds` the killing ends; what is left has as long again.
    """

    runs: int
    workers: int
    pause: float
    latency: float
    most_seconds: float
    seed: int


@dataclass(frozen=True)
class Death:
    """When a worker died, in seconds since 1970."""

    worker: int
    at: float


@dataclass(frozen=True)
class Soaked:
    """The figures; `takeover_s_max`: from a death to the turn's next request, if one was seen."""

    kills: int
    runs: int
    ready: int
    lost: int
    doubled: int
    repeated_requests: int
    takeover_s_max: float | None


@dataclass(frozen=True)
class Aside:
    """What is printed beside the figures; `unexcused` requests were repeated without a death."""

    unexcused: int
    boundaries: int
    seconds: float


class Soak:
    """One band, and somebody who kills its workers."""

    def __init__(self, it: Band, options: Options) -> None:
        self._band = it
        self._options = options
        # The point of it: chance that can be had again.
        self._chance = random.Random(options.seed)  # noqa: S311
        self._deaths: list[Death] = []
        self._began = time.monotonic()

    def go(self) -> tuple[Soaked, Aside]:
        """Let one run pass unharmed, then kill until the others are over."""
        unharmed = self._band.label_issue()
        self._until_over((unharmed,), self._options.most_seconds)
        self._say("one run has passed unharmed; now the others")
        self._began = time.monotonic()
        stories = tuple(self._band.label_issue() for _ in range(self._options.runs))
        self._killing(stories)
        self._say("nobody is killed any more; what is left may end")
        self._until_over(stories, self._options.most_seconds)
        seconds = time.monotonic() - self._began
        self._band.dismiss()
        return self._summed(stories, unharmed, seconds)

    def _killing(self, stories: Sequence[Story]) -> None:
        left = list(stories)
        deadline = self._began + self._options.most_seconds
        while left and time.monotonic() < deadline:
            pause = self._chance.expovariate(1 / self._options.pause)
            time.sleep(min(pause, self._options.pause * 4))
            number = self._victim()
            self._deaths.append(Death(number, time.time()))
            self._band.kill(number)
            self._band.hire(number)
            left = [story for story in left if not is_over(story)]
            self._say(
                f"killed worker {number}, {len(self._deaths)} in all; "
                f"{len(left)} of {len(stories)} runs to go"
            )

    def _victim(self) -> int:
        """Choose whom to kill: mostly who is at work, for the death of an idle one shows little."""
        mostly, which = self._chance.random(), self._chance.random()
        among = (mostly < BUSY_SHARE and self._band.busy()) or range(self._options.workers)
        return among[int(which * len(among))]

    def _until_over(self, stories: Sequence[Story], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        told = 0.0
        while left := [story for story in stories if not is_over(story)]:
            if time.monotonic() > deadline:
                raise TimeoutError("runs that nothing interrupts were not over in time")
            if time.monotonic() - told > TELL_SECONDS:
                self._say(f"{len(left)} of {len(stories)} runs to go")
                told = time.monotonic()
            time.sleep(LOOK_SECONDS)

    def _summed(
        self, stories: Sequence[Story], unharmed: Story, seconds: float
    ) -> tuple[Soaked, Aside]:
        lives = self._band.lives()
        tolls: list[Toll] = [toll(story, unharmed, lives) for story in stories]
        for story, one in zip(stories, tolls, strict=True):
            if one.doubled or one.lost or one.unexcused:
                self._say(f"issue {story.issue}: {one}")
        figures = Soaked(
            kills=len(self._deaths),
            runs=len(stories),
            ready=sum(is_over(story) for story in stories),
            lost=sum(len(one.lost) for one in tolls),
            doubled=sum(len(one.doubled) for one in tolls),
            repeated_requests=sum(one.repeated for one in tolls),
            takeover_s_max=max(self._takeovers(stories), default=None),
        )
        aside = Aside(
            unexcused=sum(len(one.unexcused) for one in tolls),
            boundaries=len({note.partition(" #")[0] for note in lives.boundaries}),
            seconds=round(seconds, 1),
        )
        return figures, aside

    def _takeovers(self, stories: Sequence[Story]) -> Iterator[float]:
        """Yield how long a request that one death cut off waited until it was sent again.

        Where others died meanwhile, whoever took over may have been among them.
        """
        runs = {run_of(story) for story in stories}
        sent: dict[tuple[Any, ...], float] = {}
        for entry in self._band.requests_of_claude():
            if entry["run"] not in runs or entry["kind"] != "message":
                continue
            turn = entry["run"], entry["step"], entry["attempt"], entry["turn"]
            at = datetime.fromisoformat(entry["time"]).timestamp()
            if turn in sent:
                between = [d.at for d in self._deaths if sent[turn] <= d.at <= at]
                yield from (round(at - d, 2) for d in between if len(between) == 1)
            sent[turn] = at

    def _say(self, text: str) -> None:
        seconds = time.monotonic() - self._began
        print(f"{seconds:7.1f} s  {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Soak, print the figures; 1 when something was lost, doubled, asked without need or late."""
    given = _given()
    with ExitStack() as stack:
        root = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        kind = _outages if given.outages else _matrix if given.matrix else _kills
        whole, soaked = kind(root, given, stack)
    if given.json is not None:
        given.json.write_text(f"{json.dumps(asdict(soaked), indent=2)}\n")
    wanted = TARGETS if soaked.takeover_s_max is None else (*TARGETS, TAKEN_OVER)
    print(targets.table(asdict(soaked), wanted))
    whole = whole and soaked.ready == soaked.runs
    sys.exit(targets.exit_code(asdict(soaked), wanted) if whole else 1)


def _kills(root: Path, given: argparse.Namespace, stack: ExitStack) -> tuple[bool, Soaked]:
    named = {field.name: getattr(given, field.name) for field in fields(Options)}
    options = Options(**named)
    database = create_database(stack.enter_context(postgres_server()), "soak")
    root.mkdir(parents=True, exist_ok=True)
    forks = stack.enter_context(fork_server(root / "fork-server.log"))
    it = stack.enter_context(band(root, forks, database, options.workers, options.latency))
    soaked, aside = Soak(it, options).go()
    _print(asdict(soaked) | asdict(aside))
    return not (soaked.lost or soaked.doubled or aside.unexcused), soaked


def _outages(root: Path, given: argparse.Namespace, stack: ExitStack) -> tuple[bool, Soaked]:
    began = time.monotonic()
    lengths = Lengths(given.database_away, given.services_away, given.disk_full, given.most_seconds)

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", file=sys.stderr, flush=True)

    passed = tuple(stack.enter_context(outages(root, lengths, say)).go())
    for one in passed:
        told = {"told": one.told, "told by the tracker": one.tracker, "back": round(one.back, 1)}
        _print({"outage of": one.what, "away": one.away} | told | asdict(one.toll))
    soaked = _of_one_service([one.toll for one in passed], 0)
    _print(asdict(soaked))
    return all(one.harmless for one in passed), soaked


def _matrix(root: Path, given: argparse.Namespace, stack: ExitStack) -> tuple[bool, Soaked]:
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", file=sys.stderr, flush=True)

    root.mkdir(parents=True, exist_ok=True)
    forks = stack.enter_context(fork_server(root / "fork-server.log"))
    passed = tuple(matrix(root / "world", forks, given.only, given.most_seconds, say))
    for one in passed:
        counts = {"boundaries of": one.what, "reached": one.boundaries, "deaths": one.deaths}
        _print(counts | {"missed": one.missed} | asdict(one.toll))
    soaked = _of_one_service([one.toll for one in passed], sum(one.deaths for one in passed))
    _print(asdict(soaked))
    return all(one.harmless for one in passed), soaked


def _of_one_service(tolls: Sequence[Toll], kills: int) -> Soaked:
    """Return the figures of runs that all came to their end, with nobody to take over."""
    return Soaked(
        kills=kills,
        runs=len(tolls),
        ready=len(tolls),
        lost=sum(len(one.lost) for one in tolls),
        doubled=sum(len(one.doubled) for one in tolls),
        repeated_requests=sum(one.repeated for one in tolls),
        takeover_s_max=None,
    )


def _print(figures: dict[str, Any]) -> None:
    for name, figure in figures.items():
        print(f"{name.replace('_', ' '):20}{figure!s:>10}")


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds between kills")
    parser.add_argument("--latency", type=float, default=0.3, help="seconds of a model's reply")
    parser.add_argument("--most-seconds", type=float, default=1800.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--keep", type=Path, help="an empty directory: logs and state stay there")
    parser.add_argument(
        "--outages",
        action="store_true",
        help="instead of killing workers: PostgreSQL, GitHub and Claude go away, the disk fills up",
    )
    parser.add_argument(
        "--matrix",
        action="store_true",
        help="instead: one service on SQLite dies at every boundary of every step",
    )
    parser.add_argument("--only", default="", help="with --matrix: classes whose name holds this")
    parser.add_argument("--database-away", type=float, default=60.0, help="seconds")
    parser.add_argument(
        "--services-away", type=float, default=600.0, help="GitHub, Claude: seconds"
    )
    parser.add_argument("--disk-full", type=float, default=60.0, help="seconds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
