"""What figures are to reach: as rows for people, and as the exit code. It measures nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MISSED = 1


@dataclass(frozen=True)
class Target:
    """A figure by its JSON key, what it is called, and its bound: at most, or at least so much."""

    key: str
    title: str
    bound: float
    at_least: bool = False

    def is_reached(self, figures: Mapping[str, Any]) -> bool:
        """Tell whether a figure that was measured is within its bound."""
        measured = float(figures[self.key])
        return measured >= self.bound if self.at_least else measured <= self.bound

    def row(self, figures: Mapping[str, Any]) -> str:
        """Return the figure as a row of a Markdown table, beside what is to be reached."""
        wanted = f"at {'least' if self.at_least else 'most'} {self.bound:g}"
        verdict = "reached" if self.is_reached(figures) else "NOT REACHED"
        return f"| {self.title} | {figures[self.key]:.4g} | {wanted} | {verdict} |"


def table(figures: Mapping[str, Any], targets: Iterable[Target], *more: str) -> str:
    """Return a Markdown table of what was measured and has a target, with `more` rows below."""
    rows = [target.row(figures) for target in targets if target.key in figures]
    return "\n".join(["| figure | measured | to reach | |", "|---|---|---|---|", *rows, *more])


def exit_code(figures: Mapping[str, Any], targets: Iterable[Target]) -> int:
    """Return 0 when every target whose figure was measured is reached."""
    reached = all(target.is_reached(figures) for target in targets if target.key in figures)
    return 0 if reached else MISSED
