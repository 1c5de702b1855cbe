"""Results that are too long for the conversation: cut in it, kept whole, and read in parts.

They are read by the editor's `view` under a path of their own, so that every agent can, by the same
list of tools. No other session's outputs are in reach. A file that is viewed is not kept again: it
is shown from its start, and goes on by the lines that are asked for.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.claude.calls import Call
from app.claude.ports import Journal
from app.claude.text import (
    MOST_ASKED_BYTES,
    MOST_HEAD_BYTES,
    MOST_TAIL_BYTES,
    NOTE_BYTES,
    cut,
    first_lines,
    lines_within,
    well_formed_text,
)
from phases.core.agent import EDITOR_TOOL
from phases.core.ports import ToolResult
from phases.core.session import Assignment

PLACE = "/outputs/"
MOST_COLUMNS = 400
"""A longer line is shown as several, so that every part of an output can be reached by its line."""

_PATH = re.compile(r"/outputs/(?P<n>\d{1,6})\.(?P<call>\d{1,4})")
_WHOLE = 2
_UNASKED_BYTES = MOST_HEAD_BYTES + MOST_TAIL_BYTES
MOST_BYTES = _UNASKED_BYTES - NOTE_BYTES
"""A part is never cut again."""


class Outputs:
    """The whole outputs of one session."""

    def __init__(self, journal: Journal, assignment: Assignment) -> None:
        self._journal = journal
        self._assignment = assignment

    async def cut(self, n: int, place: int, call: Call, text: str) -> str:
        """Return what the model reads of the output of a call at a place of turn `n`, from 0."""
        text = well_formed_text(text)
        if (lines := lines_of_file(call.tool, call.arguments, text)) is not None:
            return lines
        shown = cut(text, f"the whole is kept: view {PLACE}{n}.{place} with a view_range")
        if shown == text or await self._journal.keep_output(self._assignment, n, place, text):
            return shown
        return cut(text, "the rest is lost: the outputs of this run fill their room")

    async def view(self, arguments: Mapping[str, Any]) -> ToolResult:
        """Answer a `view` of a kept output."""
        match = _PATH.fullmatch(str(arguments.get("path")))
        text = None
        if match is not None:
            n, call = int(match["n"]), int(match["call"])
            text = await self._journal.output(self._assignment.session, n, call)
        if text is None:
            return ToolResult("There is no such output in this session.", is_error=True)
        lines = [part for line in text.split("\n") for part in _folded(line)]
        return _shown(lines, arguments.get("view_range"))


def is_output(tool: str, arguments: Mapping[str, Any]) -> bool:
    """Say whether a call views a kept output rather than a file."""
    return _is_view(tool, arguments) and str(arguments.get("path")).startswith(PLACE)


def lines_of_file(tool: str, arguments: Mapping[str, Any], text: str) -> str | None:
    """Return what is shown of a file that a call views; None for what is no lines of a file."""
    if not _is_view(tool, arguments):
        return None
    asked = arguments.get("view_range") is not None
    return first_lines(text, MOST_ASKED_BYTES if asked else _UNASKED_BYTES)


def _is_view(tool: str, arguments: Mapping[str, Any]) -> bool:
    return tool == EDITOR_TOOL and arguments.get("command") == "view"


def _folded(line: str) -> list[str]:
    return [line[n : n + MOST_COLUMNS] for n in range(0, len(line), MOST_COLUMNS)] or [""]


def _shown(lines: list[str], given: Any) -> ToolResult:
    bounds = [1, -1] if given is None else given
    if (
        not isinstance(bounds, list)
        or len(bounds) != _WHOLE
        or not all(isinstance(bound, int) for bound in bounds)
        or not 1 <= bounds[0] <= len(lines)
    ):
        return ToolResult(
            f"`view_range` is [first, last] within the {len(lines)} lines of this output.",
            is_error=True,
        )
    first = bounds[0]
    last = len(lines) if bounds[1] == -1 else min(bounds[1], len(lines))
    numbered = (f"{n:6}\t{lines[n - 1]}" for n in range(first, last + 1))
    shown = lines_within(numbered, MOST_BYTES)
    note = f"[lines {first} to {first + len(shown) - 1} of {len(lines)}]"
    return ToolResult("\n".join([*shown, note]))
