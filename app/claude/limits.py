"""When a session is asked to come to its end, and how it ends when it does not.

It measures nothing: what was used, and what repeats, is given.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from phases.core.allowance import Allowance, Limit
from phases.core.model import StepOutcome
from phases.core.session import SessionLimits

MOST_RESERVED_SECONDS = 120.0
RESERVED_SHARE = 0.1
TURNS_RESERVED = 2
"""Money kept back, in turns as dear as the last: one that may follow, and the wrap-up."""


class Cause(StrEnum):
    """Why a session is asked to come to its end.

    Limits of its own, limits of its run (with the values of `Limit`), and going round in circles.
    """

    TURNS = "turns"
    SECONDS = "seconds"
    USD = "usd"
    RUN_USD = "run_usd"
    DAY_USD = "day_usd"
    OPERATOR_DAY_USD = "operator_day_usd"
    IDLE_USD = "idle_usd"
    IDLE_SECONDS = "idle_seconds"
    SAME_CALL = "same_call"
    TO_AND_FRO = "to_and_fro"
    FAILED_EDITS = "failed_edits"
    REFUSALS = "refusals"

    @property
    def limit(self) -> Limit | None:
        """The limit of the run that this is, if it is one."""
        return next((limit for limit in Limit if limit.value == self.value), None)


_OUTCOMES = {Cause.SECONDS: StepOutcome.TIMED_OUT, Cause.USD: StepOutcome.OVER_BUDGET}
_USED_UP = {
    Cause.TURNS: "the turns of this session are used up",
    Cause.SECONDS: "the time of this session is used up",
    Cause.USD: "the money of this session is used up",
    Cause.RUN_USD: "the money of this run is used up",
    Cause.DAY_USD: "the money of this repository for today is used up",
    Cause.OPERATOR_DAY_USD: "the money of this installation for today is used up",
    Cause.IDLE_USD: "too much was spent since anything was accepted",
    Cause.IDLE_SECONDS: "too much time went by since anything was accepted",
    Cause.SAME_CALL: "the same call keeps giving the same result",
    Cause.TO_AND_FRO: "an edit and its opposite keep following one another",
    Cause.FAILED_EDITS: "edits keep failing",
    Cause.REFUSALS: "your submissions were sent back as often as they may be",
}
_NUDGES = {
    Cause.SAME_CALL: (
        "You have made the same call three times with the same result. It will not change: use "
        "what you know, try something else, or call `submit`."
    ),
    Cause.TO_AND_FRO: (
        "You have put a file back to how it was before your own edit. Decide which of the two is "
        "right and why before you touch it again."
    ),
    Cause.FAILED_EDITS: (
        "Three edits in a row have failed. View the file as it is now, then edit exactly what "
        "stands there."
    ),
}


@dataclass(frozen=True)
class Used:
    """What a session has used so far; `last_usd` is the price of its last turn."""

    turns: int
    seconds: float
    usd: Decimal
    last_usd: Decimal


def pressing(used: Used, limits: SessionLimits, allowance: Allowance) -> Cause | None:
    """Return the limit that the next turn would leave no room behind, or None.

    A session has two turns at least: one, and the wrap-up.
    """
    reserved = TURNS_RESERVED * used.last_usd
    money, idle = allowance.money, allowance.of(Limit.IDLE_SECONDS)
    if used.turns >= limits.turns - 1:
        return Cause.TURNS
    if used.seconds >= limits.seconds - _reserved_seconds(limits.seconds):
        return Cause.SECONDS
    if limits.usd - used.usd <= min(reserved, money.left):
        return Cause.USD
    if money.left <= reserved:
        return Cause(money.limit.value)
    return None if has_room(idle.limit, used, allowance) else Cause.IDLE_SECONDS


def has_room(limit: Limit, used: Used, allowance: Allowance) -> bool:
    """Say whether a limit of the run leaves room for a turn and a wrap-up."""
    bound = allowance.of(limit)
    if limit is Limit.IDLE_SECONDS:
        return bound.left > _reserved_seconds(float(bound.whole))
    return bound.left > TURNS_RESERVED * used.last_usd


def _reserved_seconds(whole: float) -> float:
    return min(MOST_RESERVED_SECONDS, whole * RESERVED_SHARE)


def wrap_up(cause: Cause) -> str:
    """Return what the model is told before its last turn."""
    return (
        f"This is your last turn: {_USED_UP[cause]}. Call `submit` now with what you have, and say "
        "in the artifact what is missing. Nothing but `submit` will be answered any more."
    )


def asked_to_wrap_up(text: str) -> Cause | None:
    """Return the cause that a text of `wrap_up` names; None for any other text."""
    return next((cause for cause in Cause if text == wrap_up(cause)), None)


def nudge(cause: Cause) -> str:
    """Return what the model is told when it goes round in circles for the first time."""
    return _NUDGES[cause]


def nudged_for(text: str) -> Cause | None:
    """Return the cause that a text of `nudge` names; None for any other text."""
    return next((cause for cause, words in _NUDGES.items() if text == words), None)


def outcome_of(cause: Cause) -> StepOutcome:
    """Return how a session ends that did not submit in its last turn."""
    if cause.limit is not None:
        return StepOutcome.OVER_BUDGET
    return _OUTCOMES.get(cause, StepOutcome.NO_OUTPUT)


def reason_of(cause: Cause, limits: SessionLimits) -> str:
    """Return why it ended, for people."""
    amounts = {
        Cause.TURNS: f"The session used {limits.turns} turns",
        Cause.SECONDS: f"The session used {limits.seconds / 60:.0f} minutes",
        Cause.USD: "The session used the money that was left for it",
    }
    what = amounts.get(cause, f"The session was wrapped up because {_USED_UP[cause]}")
    return f"{what} and submitted nothing that was accepted."
