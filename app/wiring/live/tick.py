"""What came of one box: ticked with evidence, different from what is expected, or not tried."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What came of trying."""

    TICKED = "ticked"
    DIFFERS = "differs"
    UNTRIED = "untried"


@dataclass(frozen=True)
class Tick:
    """One box of the list by its name; `told` is the evidence, or why there is none."""

    box: str
    outcome: Outcome
    told: str


class UntriedError(Exception):
    """There was nothing to try it on; the message says what it takes."""


class DiffersError(Exception):
    """It was tried, and GitHub or this machine did something else than we expect."""


@dataclass(frozen=True)
class LiveCheck:
    """One box, and what shows that it holds: `show` returns the evidence or raises one of these."""

    box: str
    show: Callable[[], Awaitable[str]]
