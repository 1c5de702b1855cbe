"""What we reason about: tools and who has them. How they travel is `wire`'s affair."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ToolState(StrEnum):
    """Where a tool is; worked out from what is on record, never stored."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True)
class Loan:
    """Who has a tool, and since when."""

    borrower: str
    since: date


@dataclass(frozen=True)
class Tool:
    """A tool of the shelf, with its open loan when it is out."""

    id: int
    name: str
    notes: str
    loan: Loan | None

    @property
    def state(self) -> ToolState:
        return ToolState.OUT if self.loan else ToolState.IN


class ShelfError(Exception):
    """Something that cannot be done; the message is shown to the person who asked."""


class NotFoundError(ShelfError):
    """There is no such thing."""


class ConflictError(ShelfError):
    """The thing is not in a state in which this can be done."""
