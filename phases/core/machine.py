"""The states of a run and the moves between them, as data.

The README's diagram is drawn from it.
"""

from enum import StrEnum

from phases.core.errors import DefectError


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    BLOCKED = "blocked"
    READY = "ready"
    CANCELLED = "cancelled"
    FAILED = "failed"
    CLOSED = "closed"


MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.WAITING, RunState.CANCELLED}),
    RunState.RUNNING: frozenset(
        {
            RunState.WAITING,
            RunState.BLOCKED,
            RunState.READY,
            RunState.CANCELLED,
            RunState.FAILED,
            RunState.CLOSED,
        }
    ),
    RunState.WAITING: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.BLOCKED: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.FAILED: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.READY: frozenset({RunState.RUNNING, RunState.CLOSED}),
    RunState.CANCELLED: frozenset({RunState.RUNNING}),
    RunState.CLOSED: frozenset(),
}

# A run that is over leaves its issue free: the label, set again, starts a new one.
OVER = frozenset({RunState.READY, RunState.CANCELLED, RunState.CLOSED})
# From here `/phaseline retry` goes on.
RESUMABLE = frozenset({RunState.WAITING, RunState.BLOCKED, RunState.FAILED})

MEANING: dict[RunState, str] = {
    RunState.QUEUED: "waiting for a worker",
    RunState.RUNNING: "the team is at work",
    RunState.WAITING: "nothing is wrong; the next move is a person's or the clock's",
    RunState.BLOCKED: "a gate said no, or a limit was reached; a person decides",
    RunState.READY: "every gate has passed; the pull request is ready for review",
    RunState.CANCELLED: "a person ended it; its branch is kept",
    RunState.FAILED: "a defect of Phaseline itself; what was finished is kept",
    RunState.CLOSED: "merged, closed, or nothing to do",
}

# The same of a run that is spoken of, as a clause.
SPOKEN: dict[RunState, str] = {
    RunState.QUEUED: "it waits for a worker",
    RunState.RUNNING: "the team is at work",
    RunState.WAITING: "it waits, and goes on by itself",
    RunState.BLOCKED: "it is blocked",
    RunState.READY: "its pull request is ready for review",
    RunState.CANCELLED: "it was cancelled",
    RunState.FAILED: "it failed",
    RunState.CLOSED: "it is closed",
}


def may_move(old: RunState, new: RunState) -> bool:
    """Tell whether the machine knows a move from one state to another."""
    return new in MOVES[old]


def moved(old: RunState, new: RunState) -> RunState:
    """Return the new state.

    Raises:
        DefectError: when the machine knows no such move.
    """
    if not may_move(old, new):
        raise DefectError(f"a run cannot move from {old} to {new}")
    return new
