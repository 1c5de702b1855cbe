"""What a script is: steps, attempts, turns and tool calls, as data. Files are read elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ANY = "*"
STOP_REASONS = (
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
)
USAGE_FIELDS = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
)


@dataclass(frozen=True)
class Call:
    """One tool call: the tool's name and the input, as JSON data."""

    tool: str
    input: Mapping[str, Any]


@dataclass(frozen=True)
class Turn:
    """One reply of the scripted model, and what it demands of the request that asks for it.

    `expect` and `reject` are searched in the text of the last user message, `expect_prompt` in the
    text of the first. `stop` is the stop reason, `usage` replaces computed token counts by name.
    """

    say: str
    calls: tuple[Call, ...]
    expect: tuple[re.Pattern[str], ...]
    reject: tuple[re.Pattern[str], ...]
    expect_prompt: tuple[re.Pattern[str], ...]
    stop: str
    usage: Mapping[str, int]


@dataclass(frozen=True)
class Step:
    """The turns of one step by the number of the attempt; None serves every attempt."""

    attempts: Mapping[int | None, tuple[Turn, ...]]

    def turns(self, attempt: int) -> tuple[Turn, ...] | None:
        """Return the turns of `attempt`, or None when the script has none for it."""
        return self.attempts.get(attempt, self.attempts.get(None))


@dataclass(frozen=True)
class Script:
    """A whole script by step name: `phase/agent/round[/subject]`, the last two may be `*`."""

    title: str
    steps: Mapping[str, Step]

    def step(self, name: str) -> Step | None:
        """Return the step called `name`: by the exact name, else the most exact one with `*`."""
        phase, agent, *rest = name.split("/")
        patterns = [rest]
        if rest:
            patterns.append([ANY, *rest[1:]])
        if len(rest) > 1:
            patterns += [[rest[0], ANY], [ANY, ANY]]
        for pattern in patterns:
            found = self.steps.get("/".join([phase, agent, *pattern]))
            if found is not None:
                return found
        return None
