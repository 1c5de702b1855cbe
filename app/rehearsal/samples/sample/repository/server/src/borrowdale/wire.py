"""What travels: the JSON of requests and answers. The front end's types are made from this module.

Every dataclass here becomes an interface, every enum a union of its values.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from borrowdale import model
from borrowdale.model import ToolState


class MalformedError(ValueError):
    """The body of a request is not what it has to be; the message says what is wrong."""


@dataclass(frozen=True)
class Tool:
    """A tool as the front end sees it. Dates are written as `2026-04-11`."""

    id: int
    name: str
    notes: str
    state: ToolState
    borrower: str | None
    since: str | None

    @classmethod
    def of(cls, tool: model.Tool) -> "Tool":
        return cls(
            id=tool.id,
            name=tool.name,
            notes=tool.notes,
            state=tool.state,
            borrower=tool.loan.borrower if tool.loan else None,
            since=tool.loan.since.isoformat() if tool.loan else None,
        )


@dataclass(frozen=True)
class NewTool:
    """What it takes to put a tool on the shelf."""

    name: str
    notes: str

    @classmethod
    def read(cls, body: Mapping[str, object]) -> "NewTool":
        return cls(name=_text(body, "name"), notes=_text(body, "notes", may_be_empty=True))


@dataclass(frozen=True)
class NewLoan:
    """What it takes to borrow a tool."""

    borrower: str

    @classmethod
    def read(cls, body: Mapping[str, object]) -> "NewLoan":
        return cls(borrower=_text(body, "borrower"))


@dataclass(frozen=True)
class Problem:
    """What could not be done, in a sentence."""

    error: str


def _text(body: Mapping[str, object], field: str, *, may_be_empty: bool = False) -> str:
    value = body.get(field)
    if not isinstance(value, str):
        raise MalformedError(f"{field} is missing or not text")
    trimmed = " ".join(value.split())
    if not trimmed and not may_be_empty:
        raise MalformedError(f"{field} is empty")
    return trimmed
