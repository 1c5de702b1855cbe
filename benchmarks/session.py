"""What a session costs: time a turn, memory, and money; run as `python -m benchmarks.session`.

Ours, and bare loops on the SDK, do the same work on the same input against the same server in the
same run. `--json FILE` writes the figures, `--rounds N` repeats the timing and takes the medians.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import targets
from benchmarks.cage import sandbox_times
from benchmarks.costs import pipeline_costs, uncached_units
from benchmarks.messages_api import MessagesApi, listening
from benchmarks.targets import Target
from benchmarks.trajectories import TURNS, one_agent

REQUESTS = TURNS + 1
KINDS = ("ours", "bare", "streamed")
TARGETS = (
    Target("turn_overhead_ratio", "a turn / one of a bare loop", 1.3),
    Target("rss_mb_10_above_1", "ten sessions above one, MB", 15.0),
    Target("rss_mb_100_above_1", "a hundred sessions above one, MB", 150.0),
    Target("cost_ratio_one_agent", "one agent's input / all of it uncached", 0.15),
    Target("cost_ratio_pipeline", "the pipeline's input / all of it uncached", 0.12),
    Target("sandbox_ms_median", "a command in its cage, ms", 12.0),
)


@contextmanager
def server() -> Iterator[str]:
    """Run the Messages API in a process of its own; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.session", "--serve"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


async def serve() -> None:
    """Be that process."""
    async with listening(MessagesApi(one_agent, time.monotonic)) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


def stats(url: str) -> dict[str, float]:
    """Return what the server has counted."""
    with urllib.request.urlopen(f"{url}/stats") as answer:  # noqa: S310 - a server of our own.
        counted: dict[str, float] = json.load(answer)
    return counted


def measure(kind: str, sessions: int) -> dict[str, float]:
    """Return what so many sessions of a kind took, with a fresh server and a fresh process.

    `turn_ms` is what a turn takes beyond its own request and tools; of many sessions at once that
    is also how long it waits for the others.
    """
    with server() as url, tempfile.TemporaryDirectory() as directory:
        line = [sys.executable, "-m", "benchmarks.loops", kind, str(sessions), url, directory]
        done = subprocess.run(line, check=True, capture_output=True, text=True)
        figures: dict[str, float] = json.loads(done.stdout)
        counted = stats(url)
    own = (figures["tool_seconds"] + counted["seconds"]) / sessions
    return {
        **figures,
        "turn_ms": 1000 * (figures["seconds"] - own) / REQUESTS,
        "server_seconds": counted["seconds"],
        "tokens": counted["tokens"],
        "units": counted["units"],
        "bytes": counted["received"],
    }


def turn_times(rounds: int) -> dict[str, dict[str, float]]:
    """Return the medians of one session of each kind, the kinds taking turns."""
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind in KINDS:
            found[kind].append(measure(kind, 1))
    return {
        kind: {name: statistics.median(one[name] for one in many) for name in many[0]}
        for kind, many in found.items()
    }


def figures(rounds: int) -> dict[str, float]:
    """Return everything that is measured, by the names of the JSON."""
    sandbox_ms, plain_ms = sandbox_times()
    one = turn_times(rounds)
    ten, hundred = measure("ours", 10), measure("ours", 100)
    pipeline = asyncio.run(pipeline_costs())
    found = {
        "turn_overhead_ratio": one["ours"]["turn_ms"] / one["bare"]["turn_ms"],
        "turn_cpu_ratio": one["ours"]["cpu_seconds"] / one["bare"]["cpu_seconds"],
        "turn_overhead_ratio_streamed": one["ours"]["turn_ms"] / one["streamed"]["turn_ms"],
        "rss_mb_1": one["ours"]["rss_mb"],
        "rss_mb_10": ten["rss_mb"],
        "rss_mb_100": hundred["rss_mb"],
        "rss_mb_10_above_1": ten["rss_mb"] - one["ours"]["rss_mb"],
        "rss_mb_100_above_1": hundred["rss_mb"] - one["ours"]["rss_mb"],
        "cost_ratio_one_agent": one["ours"]["units"] / one["ours"]["tokens"],
        "cost_ratio_pipeline": pipeline["cost_ratio_pipeline"],
        "units_pipeline": pipeline["units"],
        "uncached_units_pipeline": uncached_units(),
        "sandbox_ms_median": sandbox_ms,
        "plain_ms_median": plain_ms,
        "turn_cpu_ms_1": 1000 * one["ours"]["cpu_seconds"] / REQUESTS,
        "turn_cpu_ms_10": 1000 * ten["cpu_seconds"] / REQUESTS / 10,
        "turn_cpu_ms_100": 1000 * hundred["cpu_seconds"] / REQUESTS / 100,
        "ours_turn_ms_10": ten["turn_ms"],
        "ours_turn_ms_100": hundred["turn_ms"],
        "uid": os.geteuid(),
    }
    for kind, many in one.items():
        for name in ("turn_ms", "cpu_seconds", "rss_mb", "tokens", "units", "bytes"):
            found[f"{kind}_{name}"] = many[name]
    return found


def table(found: dict[str, float]) -> str:
    """Return the figures for people, and below them those with a target."""
    lines = [f"{name:32} {value:14,.3f}" for name, value in found.items()]
    return "\n".join([*lines, "", targets.table(found, TARGETS)])


def main() -> int:
    """Measure and print; 1 when a target is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
        return 0
    found = figures(given.rounds)
    print(table(found))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")
    return targets.exit_code(found, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
