"""What a run may still use, and what people are told when that is nothing.

It adds nothing up: sums come from the store, and who is held to them is the session.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from phases.core.errors import Blocked, Later

MINUTE = 60


class Limit(StrEnum):
    """What a run can run out of, whichever of its sessions uses it."""

    RUN_USD = "run_usd"
    DAY_USD = "day_usd"
    OPERATOR_DAY_USD = "operator_day_usd"
    IDLE_USD = "idle_usd"
    IDLE_SECONDS = "idle_seconds"


@dataclass(frozen=True)
class Bound:
    """One limit: its whole amount and what is left of it, in USD or in seconds."""

    limit: Limit
    whole: Decimal
    left: Decimal


@dataclass(frozen=True)
class Allowance:
    """What a run may use now; `seconds_to_midnight` is how long limits of a day hold (UTC)."""

    bounds: tuple[Bound, ...]
    seconds_to_midnight: float

    def of(self, limit: Limit) -> Bound:
        """Return the bound of that limit.

        Raises:
            LookupError: there is none of it.
        """
        for bound in self.bounds:
            if bound.limit is limit:
                return bound
        raise LookupError(limit)

    @property
    def money(self) -> Bound:
        """The bound in USD that leaves least."""
        in_usd = (bound for bound in self.bounds if bound.limit is not Limit.IDLE_SECONDS)
        return min(in_usd, key=lambda bound: bound.left)


def stopped_by(limit: Limit, allowance: Allowance) -> Later | Blocked:
    """Return how a run stops at a limit: what happened, and what lets it go on."""
    bound = allowance.of(limit)
    whole = _amount(bound)
    match limit:
        case Limit.RUN_USD:
            higher = f"{2 * bound.whole:.0f}"
            return Blocked(
                f"The run has used up its limit of {whole}. Comment `/phaseline budget {higher}` "
                f"to raise it, here to {higher} USD, and to go on."
            )
        case Limit.DAY_USD:
            return Later(
                f"This repository has used up its limit of {whole} a day. The run goes on when "
                "the next day begins (UTC), or earlier by `/phaseline retry` when the operator has "
                "raised PHASELINE_BUDGET_DAY_USD.",
                allowance.seconds_to_midnight,
                asked=True,
            )
        case Limit.OPERATOR_DAY_USD:
            return Later(
                f"All repositories together have used up the limit of {whole} a day. The run goes "
                "on when the next day begins (UTC), or earlier by `/phaseline retry` when the "
                "operator has raised PHASELINE_BUDGET_OPERATOR_DAY_USD.",
                allowance.seconds_to_midnight,
                asked=True,
            )
        case Limit.IDLE_USD | Limit.IDLE_SECONDS:
            return Blocked(
                f"The run has used {whole} since anything of it was accepted or committed, and "
                "that is the limit. `/phaseline retry` lets it go on for as much again."
            )


def _amount(bound: Bound) -> str:
    if bound.limit is Limit.IDLE_SECONDS:
        return f"{bound.whole / MINUTE:.0f} minutes"
    return f"{bound.whole:.2f} USD"
