"""Errors named by what happens next; the message of a `BlockedError` is what people read on GitHub.

Not for bad input at the edges: each room has its own exceptions for that.
"""

from dataclasses import dataclass


class PhaselineError(Exception):
    """The root of everything that Phaseline itself raises."""


class TransientError(PhaselineError):
    """The same thing may go well later, without anybody doing anything.

    `asked` says that the wait is not our guess: whoever we wait for has named it.
    """

    def __init__(self, message: str, after_seconds: float = 30.0, *, asked: bool = False) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds
        self.asked = asked


class DiskFullError(TransientError):
    """The disk of this worker is full; others may have room, and so may this one later."""

    def __init__(self) -> None:
        super().__init__("The disk of the worker is full. The run goes on when there is room.")


class BlockedError(PhaselineError):
    """A person must act; the message says what happened and is posted."""


class ApprovalNeededError(PhaselineError):
    """Nothing is wrong; the run waits until a person approves what `plans` is the hash of."""

    def __init__(self, message: str, plans: str) -> None:
        super().__init__(message)
        self.plans = plans


class DefectError(PhaselineError):
    """Phaseline is wrong; the run fails and the report goes to its operator."""


class StaleSegmentError(PhaselineError):
    """The run has moved on: whatever this segment still does must leave no trace."""


class SnapshotLostError(PhaselineError):
    """The files of an unfinished step are not here: the step begins anew at the last commit."""


@dataclass(frozen=True)
class Later:
    """What crosses a durable boundary when the same work may go well later (`TransientError`)."""

    reason: str
    seconds: float
    asked: bool = False


@dataclass(frozen=True)
class Blocked:
    """What crosses a durable boundary when a person must act."""

    message: str


@dataclass(frozen=True)
class Defect:
    """What crosses a durable boundary when Phaseline itself is wrong."""

    report: str


@dataclass(frozen=True)
class Moved:
    """What crosses a durable boundary when the run has moved on without this segment."""


Setback = Later | Blocked | Defect | Moved


def raise_setback(setback: Setback) -> None:
    """Turn a setback that crossed a durable boundary back into the error it stands for.

    Raises:
        TransientError, BlockedError, DefectError or StaleSegmentError: always one of them.
    """
    match setback:
        case Later(reason, seconds, asked):
            raise TransientError(reason, seconds, asked=asked)
        case Blocked(message):
            raise BlockedError(message)
        case Defect(report):
            raise DefectError(report)
        case Moved():
            raise StaleSegmentError("the run has moved on")
