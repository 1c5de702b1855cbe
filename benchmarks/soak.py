"""`python -m benchmarks.soak`: workers on PostgreSQL are killed at random until all runs are over.

What happened twice or was lost is counted in the stand-ins' logs and in git. The same seed kills
the same workers after the same pauses; where in a run that hits them is the machine's affair.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.durability.band import Band, band
from tests.durability.counting import Toll, run_of, toll
from tests.durability.lives import is_over
from tests.postgres import create_database, postgres_server
from tests.story import Story
from tests.world import SAMPLE

LOOK_SECONDS = 0.5


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
    """The figures; `takeover_s_max` is from a death to the same turn's request by somebody else."""

    seed: int
    kills: int
    runs: int
    ready: int
    lost: int
    doubled: int
    repeated_requests: int
    unexcused_requests: int
    takeover_s_max: float
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

    def go(self) -> Soaked:
        """Let one run pass unharmed, then kill until the others are over."""
        unharmed = self._band.label_issue()
        self._until_over((unharmed,), time.monotonic() + self._options.most_seconds)
        _say("one run has passed unharmed; now the others")
        began = time.monotonic()
        stories = tuple(self._band.label_issue() for _ in range(self._options.runs))
        self._killing(stories, began + self._options.most_seconds)
        _say("nobody is killed any more; what is left may end")
        self._until_over(stories, time.monotonic() + self._options.most_seconds)
        self._band.dismiss()
        return self._summed(stories, unharmed, time.monotonic() - began)

    def _killing(self, stories: Sequence[Story], deadline: float) -> None:
        left = list(stories)
        while left and time.monotonic() < deadline:
            pause = self._chance.expovariate(1 / self._options.pause)
            time.sleep(min(pause, self._options.pause * 4))
            number = self._chance.randrange(self._options.workers)
            self._deaths.append(Death(number, time.time()))
            self._band.kill(number)
            self._band.hire(number)
            left = [story for story in left if not is_over(story)]
            _say(f"{len(self._deaths)} kills, {len(left)} of {len(stories)} runs to go")

    @staticmethod
    def _until_over(stories: Sequence[Story], deadline: float) -> None:
        while not all(is_over(story) for story in stories):
            if time.monotonic() > deadline:
                raise TimeoutError("runs that nothing interrupts were not over in time")
            time.sleep(LOOK_SECONDS)

    def _summed(self, stories: Sequence[Story], unharmed: Story, seconds: float) -> Soaked:
        lives = self._band.lives()
        tolls: list[Toll] = [toll(story, unharmed, lives) for story in stories]
        for story, one in zip(stories, tolls, strict=True):
            if one.doubled or one.lost or one.unexcused:
                _say(f"issue {story.issue}: {one}")
        return Soaked(
            seed=self._options.seed,
            kills=len(self._deaths),
            runs=len(stories),
            ready=sum(is_over(story) for story in stories),
            lost=sum(len(one.lost) for one in tolls),
            doubled=sum(len(one.doubled) for one in tolls),
            repeated_requests=sum(one.repeated for one in tolls),
            unexcused_requests=sum(len(one.unexcused) for one in tolls),
            takeover_s_max=round(max(self._takeovers(stories), default=0.0), 2),
            boundaries=len({note.partition(" #")[0] for note in lives.boundaries}),
            seconds=round(seconds, 1),
        )

    def _takeovers(self, stories: Sequence[Story]) -> Iterator[float]:
        """Yield how long a request that a death cut off waited until it was sent again."""
        runs = {run_of(story) for story in stories}
        sent: dict[tuple[Any, ...], float] = {}
        for entry in self._band.requests_of_claude():
            if entry["run"] not in runs or entry["kind"] != "message":
                continue
            turn = entry["run"], entry["step"], entry["attempt"], entry["turn"]
            at = datetime.fromisoformat(entry["time"]).timestamp()
            if turn in sent:
                between = [d.at for d in self._deaths if sent[turn] <= d.at <= at]
                yield from (at - death for death in between[-1:])
            sent[turn] = at


def main() -> None:
    """Soak, and print the figures; 1 when something was lost, doubled or asked without need."""
    options, target, kept = _options()
    with ExitStack() as stack:
        root = kept or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        database = create_database(stack.enter_context(postgres_server()), "soak")
        it = stack.enter_context(band(root, database, options.workers))
        it.play(SAMPLE.script, options.latency)
        soaked = Soak(it, options).go()
    text = json.dumps(asdict(soaked), indent=2)
    print(text)
    if target is not None:
        target.write_text(f"{text}\n")
    whole = soaked.ready == soaked.runs
    harm = soaked.lost or soaked.doubled or soaked.unexcused_requests
    sys.exit(0 if whole and not harm else 1)


def _options() -> tuple[Options, Path | None, Path | None]:
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds between kills")
    parser.add_argument("--latency", type=float, default=0.3, help="seconds of a model's reply")
    parser.add_argument("--most-seconds", type=float, default=1800.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--keep", type=Path, help="an empty directory: logs and state stay there")
    given = vars(parser.parse_args())
    target, kept = given.pop("json"), given.pop("keep")
    return Options(**given), target, kept


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
