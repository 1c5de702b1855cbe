"""`python -m benchmarks.faults`: runs of the pocket repository while GitHub lets calls fail.

The stand-in GitHub makes the faults on the wire, by a seed: 500, 502, connections dropped before
and after the effect, secondary limits, for the API, GraphQL, tokens and git alike. Runs of one rate
go on several at once, on one service. What was doubled or lost is counted in the stand-ins' logs,
on their GitHub and in git, never in the service's database, against a run that no fault met.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli.demo.folder import Folder
from app.cli.demo.keys import ensure_secrets
from app.cli.demo.stage import ENVIRONMENTS
from app.rehearsal.samples import build
from tests.durability.counting import Toll, toll
from tests.durability.lives import Lives
from tests.starting import Executing
from tests.story import Story
from tests.world import SAMPLE, Place, World

LOOK_SECONDS = 1.0
SAY_SECONDS = 10.0
# For what comes behind the flip: the last comment, the request for a review.
LAST_WORDS_SECONDS = 120.0
ENDS = {"🟢 ready for review": "ready", "🔴 blocked": "blocked", "failed": "failed"}


@dataclass(frozen=True)
class Options:
    """How many runs a rate, in how many repositories; `rates` in per cent of all calls."""

    runs: int
    rates: tuple[float, ...]
    repositories: int
    seed: int
    most_seconds: float


@dataclass(frozen=True)
class Withstood:
    """What became of the runs of one rate; `doubled`, `lost` name things, `repeated` requests."""

    percent: float
    runs: int
    ready: int
    doubled: tuple[str, ...]
    lost: tuple[str, ...]
    repeated: int
    faults: Counter[str]
    seconds: float

    @property
    def as_it_should_be(self) -> bool:
        """Whether all are ready, nothing stands twice or is missing, and there were faults."""
        harmed = self.doubled or self.lost or self.repeated
        return self.ready == self.runs and not harmed and bool(self.faults)


class Faults:
    """One service, and a GitHub that fails as it is told."""

    def __init__(self, world: World, repositories: Sequence[str], options: Options) -> None:
        self._world = world
        self._repositories = repositories
        self._options = options

    def unharmed(self) -> Story:
        """Let a run pass that no fault meets."""
        story = self._world.label_issue()
        self._until_over([story], "unharmed")
        if _state(story) != "ready":
            raise RuntimeError(f"the run without faults is {_state(story)}:\n{self._world.said()}")
        _until_whole(story, None)
        return story

    def withstand(self, percent: float, unharmed: Story) -> Withstood:
        """Let GitHub fail, and so many runs pass."""
        before = len(self._world.faults_of_github())
        seed = str(self._options.seed)
        self._world.rehearse_github("--fault-rate", str(percent / 100), "--fault-seed", seed)
        began = time.monotonic()
        names = [self._repositories[n % len(self._repositories)] for n in range(self._options.runs)]
        stories = [self._world.label_issue(repository=name) for name in names]
        self._until_over(stories, f"{percent:g} %")
        tolls = [_until_whole(story, unharmed) for story in stories]
        seconds = time.monotonic() - began
        faults = Counter(fault["fault"] for fault in self._world.faults_of_github()[before:])
        return Withstood(
            percent=percent,
            runs=len(stories),
            ready=sum(_state(story) == "ready" for story in stories),
            doubled=tuple(_named(stories, tolls, "doubled")),
            lost=tuple(_named(stories, tolls, "lost")),
            repeated=sum(one.repeated for one in tolls if one),
            faults=faults,
            seconds=round(seconds, 1),
        )

    def _until_over(self, stories: Sequence[Story], what: str) -> None:
        began = said = time.monotonic()
        while True:
            self._world.check()
            states = Counter(_state(story) for story in stories)
            now = time.monotonic()
            over = len(stories) - states["under way"]
            if over == len(stories) or now - began > self._options.most_seconds:
                return
            if now - said > SAY_SECONDS:
                said = now
                faults = len(self._world.faults_of_github())
                _say(f"{what}: {over} of {len(stories)} over, {faults} faults, {now - began:.0f} s")
            time.sleep(LOOK_SECONDS)


def _state(story: Story) -> str:
    """Tell by the tracker alone how a run stands."""
    head = next(
        (c["body"] for c in story.comments() if c["body"].startswith("## Phaseline ·")), ""
    ).partition("\n")[0]
    return next((state for words, state in ENDS.items() if words in head), "under way")


def _until_whole(story: Story, unharmed: Story | None) -> Toll | None:
    """Return what a run has cost once nothing is missing any more, or when that takes too long."""
    deadline = time.monotonic() + LAST_WORDS_SECONDS
    while True:
        one = toll(story, unharmed or story, Lives(())) if _state(story) == "ready" else None
        asked = one and any(pull["requested_reviewers"] for pull in story.pull_requests())
        if (one and asked and not one.lost) or one is None or time.monotonic() > deadline:
            return one
        time.sleep(LOOK_SECONDS)


def _named(stories: Sequence[Story], tolls: Sequence[Toll | None], kind: str) -> Iterator[str]:
    for story, one in zip(stories, tolls, strict=True):
        where = f"{story.repository}#{story.issue}"
        things = getattr(one, kind) if one else ()
        yield from (f"{where}: {thing}" for thing in things)
        if one is None and kind == "lost":
            yield f"{where}: the run, which is {_state(story)}"


@contextmanager
def stage(root: Path, repositories: tuple[str, ...]) -> Iterator[World]:
    """Set up a world on an empty directory whose GitHub hosts the sample several times."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    folder = Folder(root)
    folder.prepare()
    ensure_secrets(folder)
    build(SAMPLE.name, folder.source)
    world = World(Place(root, ENVIRONMENTS, Executing(), Path.home(), None, repositories))
    try:
        world.begin()
        yield world
    finally:
        world.end()


def measure(root: Path, options: Options) -> tuple[Withstood, ...]:
    """Let the runs of all rates pass, one rate after another."""
    names = ("acme/thimble", *(f"acme/thimble-{n}" for n in range(2, options.repositories + 1)))
    with stage(root, names) as world:
        faults = Faults(world, names, options)
        _say("one run passes without faults first")
        unharmed = faults.unharmed()
        return tuple(faults.withstand(percent, unharmed) for percent in options.rates)


def table(found: Sequence[Withstood]) -> str:
    """Return the figures for people to read."""
    lines = [
        "| calls that fail | runs | ready | doubled | lost | asked again | faults | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.percent:g} % | {one.runs} | {one.ready} | {len(one.doubled)} | {len(one.lost)} "
        f"| {one.repeated} | {one.faults.total()} | {one.seconds:.0f} |"
        for one in found
    ]
    for one in found:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(one.faults.items()))
        lines.append(f"\n{one.percent:g} %: {kinds or 'no faults'}")
        lines += [f"- doubled: {thing}" for thing in one.doubled]
        lines += [f"- lost: {thing}" for thing in one.lost]
    return "\n".join(lines)


def figures(found: Sequence[Withstood], seed: int) -> dict[str, object]:
    """Return the figures of all rates together, and of each under `rates`."""
    return {"seed": seed, **_figures(found)} | {
        "rates": {f"{one.percent:g}%": _figures([one]) | {"kinds": one.faults} for one in found}
    }


def _figures(found: Sequence[Withstood]) -> dict[str, object]:
    return {
        "runs": sum(one.runs for one in found),
        "ready": sum(one.ready for one in found),
        "doubled": sum(len(one.doubled) + one.repeated for one in found),
        "lost": sum(len(one.lost) for one in found),
        "faults_injected": sum(one.faults.total() for one in found),
        "seconds": round(sum(one.seconds for one in found), 1),
    }


def main() -> None:
    """Measure, print a table; exit by 1 when a run is not ready, or anything is doubled or lost."""
    options, target, kept = _options()
    with ExitStack() as stack:
        root = kept or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        found = measure(root, options)
    print(table(found))
    if target is not None:
        target.write_text(json.dumps(figures(found, options.seed), indent=2) + "\n")
    sys.exit(0 if all(one.as_it_should_be for one in found) else 1)


def _options() -> tuple[Options, Path | None, Path | None]:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults",
        description=__doc__,
        epilog="Exit code 0: all runs ready, nothing doubled, nothing lost. 1: look at the table.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=20, help="runs of each rate (20)")
    parser.add_argument(
        "--rates", type=float, nargs="+", default=[1.0, 10.0], help="per cent of calls (1 10)"
    )
    parser.add_argument("--repositories", type=int, default=4, help="two runs at once in each (4)")
    parser.add_argument("--seed", type=int, default=1, help="chooses the calls that fail (1)")
    parser.add_argument(
        "--most-seconds", type=float, default=1200.0, help="patience with one rate (1200)"
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--keep", type=Path, help="an empty directory: logs and state stay there")
    given = vars(parser.parse_args())
    target, kept = given.pop("json"), given.pop("keep")
    given["rates"] = tuple(given["rates"])
    return Options(**given), target, kept


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
