"""When a session is asked to come to its end, and how it ends when it does not.

It measures nothing: what was used is given.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from phases.core.model import StepOutcome
from phases.core.session import SessionLimits

MOST_RESERVED_SECONDS = 120.0
RESERVED_SHARE = 0.1
TURNS_RESERVED = 2
"""Money kept back, in turns as dear as the last: one that may follow, and the wrap-up."""


class Limit(StrEnum):
    """What a session can run out of."""

    TURNS = "turns"
    SECONDS = "seconds"
    USD = "usd"


_OUTCOMES = {
    Limit.TURNS: StepOutcome.NO_OUTPUT,
    Limit.SECONDS: StepOutcome.TIMED_OUT,
    Limit.USD: StepOutcome.OVER_BUDGET,
}
_WHAT = {
    Limit.TURNS: "the turns of this session are used up",
    Limit.SECONDS: "the time of this session is used up",
    Limit.USD: "the money of this session is used up",
}


@dataclass(frozen=True)
class Used:
    """What a session has used so far; `last_usd` is the price of its last turn."""

    turns: int
    seconds: float
    usd: Decimal
    last_usd: Decimal


def pressing(used: Used, limits: SessionLimits, spendable: Decimal) -> Limit | None:
    """Return the limit that the next turn would leave no room behind, or None.

    `spendable` is what run, repository and operator have left, in USD. A session has two turns at
    least: one, and the wrap-up.
    """
    if used.turns >= limits.turns - 1:
        return Limit.TURNS
    if used.seconds >= limits.seconds - min(MOST_RESERVED_SECONDS, limits.seconds * RESERVED_SHARE):
        return Limit.SECONDS
    if min(limits.usd - used.usd, spendable) <= TURNS_RESERVED * used.last_usd:
        return Limit.USD
    return None


def wrap_up(limit: Limit) -> str:
    """Return what the model is told before its last turn."""
    return (
        f"This is your last turn: {_WHAT[limit]}. Call `submit` now with what you have, and say in "
        "the artifact what is missing. Nothing but `submit` will be answered any more."
    )


def asked_to_wrap_up(text: str) -> Limit | None:
    """Return the limit that a text of `wrap_up` names; None for any other text."""
    return next((limit for limit in Limit if text == wrap_up(limit)), None)


def outcome_of(limit: Limit) -> StepOutcome:
    """Return how a session ends that did not submit in its last turn."""
    return _OUTCOMES[limit]


def reason_of(limit: Limit, limits: SessionLimits) -> str:
    """Return why it ended, for people."""
    amount = {
        Limit.TURNS: f"{limits.turns} turns",
        Limit.SECONDS: f"{limits.seconds / 60:.0f} minutes",
        Limit.USD: "the money that was left for it",
    }[limit]
    return f"The session used {amount} and submitted nothing that was accepted."
