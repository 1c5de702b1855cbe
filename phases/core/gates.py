"""What a gate is made of: conditions over what is on record. A gate never asks an agent."""

from collections.abc import Callable
from dataclasses import dataclass

from phases.core.record import Record


@dataclass(frozen=True)
class Condition:
    """One thing that must hold; `unmet` returns a sentence for each way in which it does not."""

    title: str
    unmet: Callable[[Record], tuple[str, ...]]


def unmet(gate: tuple[Condition, ...], record: Record) -> tuple[str, ...]:
    """Return a sentence for everything in a gate that does not hold, in the gate's order."""
    return tuple(sentence for condition in gate for sentence in condition.unmet(record))
