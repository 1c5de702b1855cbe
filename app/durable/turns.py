"""Whose turn it is: which of the runs that wait are driven next. It reads no database.

Runs that a person or the clock has sent on go before new ones; among equals each repository has
its turn.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Segment = tuple[str, int]
"""A run's id and the number of its segment."""


class Due(Protocol):
    """A segment that somebody should be driving."""

    @property
    def run(self) -> str:
        """The run's id."""

    @property
    def segment(self) -> int:
        """The segment's number."""

    @property
    def repository(self) -> int:
        """The repository's id."""

    @property
    def resumed(self) -> bool:
        """Whether the run goes on, instead of beginning."""


@dataclass(frozen=True)
class SegmentLimits:
    """How many segments run at once: per worker, per repository, and altogether."""

    worker: int
    repository: int
    altogether: int


class Turns:
    """Remembers which repository was served when."""

    def __init__(self, limits: SegmentLimits) -> None:
        self._limits = limits
        self._served: dict[int, int] = {}
        self._count = 0

    def next(self, due: Sequence[Due], driven: frozenset[Segment], workers: int) -> tuple[Due, ...]:
        """Return what so many workers have room for, first things first; the oldest come first."""
        room = min(workers * self._limits.worker, self._limits.altogether) - len(driven)
        busy = Counter(one.repository for one in due if (one.run, one.segment) in driven)
        waiting = [one for one in due if (one.run, one.segment) not in driven]
        chosen: list[Due] = []
        while len(chosen) < room and (one := self._first(waiting, busy)) is not None:
            waiting.remove(one)
            chosen.append(one)
            busy[one.repository] += 1
            self._count += 1
            self._served[one.repository] = self._count
        return tuple(chosen)

    def _first(self, waiting: Sequence[Due], busy: Counter[int]) -> Due | None:
        free = [one for one in waiting if busy[one.repository] < self._limits.repository]
        return min(free, key=lambda one: self._rank(one, busy), default=None)

    def _rank(self, one: Due, busy: Counter[int]) -> tuple[bool, int, int]:
        return not one.resumed, busy[one.repository], self._served.get(one.repository, 0)
