"""Tool calls and their results as the Messages API writes them. Nothing is run here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.claude.stream import INVALID_JSON
from phases.core.session import Json


@dataclass(frozen=True)
class Call:
    """A tool call as the model wrote it."""

    id: str
    tool: str
    arguments: Mapping[str, Any]

    @property
    def malformed(self) -> bool:
        """Whether its input was not the JSON object that it must be."""
        return set(self.arguments) == {INVALID_JSON}


def calls_of(reply: Json) -> tuple[Call, ...]:
    """Return the tool calls of a reply, in its order."""
    return tuple(
        Call(block["id"], block["name"], block["input"])
        for block in reply["content"]
        if block["type"] == "tool_use"
    )


def result_block(call: Call, text: str, *, is_error: bool) -> Json:
    """Return a result as the content block that answers its call."""
    block: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": call.id,
        "content": text if text.strip() else "(no output)",
    }
    return {**block, "is_error": True} if is_error else block
