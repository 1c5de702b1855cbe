"""What a tool call comes back with, and how its arguments are read. No tool is carried out here."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ToolResult:
    """The text that the model reads, and whether the call failed."""

    text: str
    is_error: bool


class ToolError(Exception):
    """A call that cannot be carried out; the message tells the model what was wrong, what to do."""


class Arguments:
    """The arguments of one call, as a model wrote them: of any shape until they are read here.

    Every reader raises `ToolError`. A parameter that is null counts as left out.
    """

    def __init__(self, tool: str, given: Mapping[str, object], known: tuple[str, ...]) -> None:
        self._tool = tool
        self._given = {name: value for name, value in given.items() if value is not None}
        unknown = sorted(set(self._given) - set(known))
        if unknown:
            raise ToolError(
                f"{tool} has no parameter {', '.join(unknown)}. Its parameters: {', '.join(known)}."
            )

    def text(self, name: str) -> str:
        """A required text."""
        found = self.optional_text(name)
        if found is None:
            raise ToolError(f"{self._tool} needs the parameter {name} (text).")
        return found

    def optional_text(self, name: str) -> str | None:
        """A text, or None when it was left out."""
        found = self._given.get(name)
        if found is None or isinstance(found, str):
            return found
        raise ToolError(f"The parameter {name} of {self._tool} must be text.")

    def number(self, name: str, *, default: int | None, low: int, high: int) -> int:
        """A whole number between `low` and `high`; required when there is no default."""
        found = self._given.get(name, default)
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            raise ToolError(
                f"The parameter {name} of {self._tool} must be a whole number from {low} to {high}."
            )
        return found

    def flag(self, name: str) -> bool:
        """True or false; false when it was left out."""
        found = self._given.get(name, False)
        if not isinstance(found, bool):
            raise ToolError(f"The parameter {name} of {self._tool} must be true or false.")
        return found

    def line_range(self, name: str) -> tuple[int, int] | None:
        """Two whole numbers, the first and the last line; -1 as the last stands for the end."""
        found = self._given.get(name)
        if found is None:
            return None
        match found:
            case [int(first), int(last)]:
                return first, last
        raise ToolError(
            f"The parameter {name} of {self._tool} must be two whole numbers, [first, last]."
        )
