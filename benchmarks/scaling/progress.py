"""What a benchmark says while it runs: where it stands, every few seconds, and what is left."""

import time

from benchmarks.processes import load

EVERY_SECONDS = 5.0


class Progress:
    """Says where one part stands; `expected` is about how long it takes, in seconds."""

    def __init__(self, part: str, expected: float) -> None:
        self._part = part
        self._expected = expected
        self._began = self._said = time.monotonic()
        print(f"{part}: about {_minutes(expected)} (load {load():.1f})", flush=True)

    def stands(self, what: str, done: float = 0.0) -> None:
        """Say where the part stands, unless that was just said; `done` is a share of it."""
        now = time.monotonic()
        if now - self._said < EVERY_SECONDS:
            return
        self._said = now
        gone = now - self._began
        whole = gone / done if done else self._expected
        left = f"about {_minutes(whole - gone)} left" if gone < whole else "longer than expected"
        print(f"  {self._part} {gone:4.0f} s: {what}; {left}, load {load():.1f}", flush=True)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
