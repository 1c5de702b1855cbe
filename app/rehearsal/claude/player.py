"""Finds the turn that a request asks for and holds the request against it. No memory, no HTTP.

The turn is the number of assistant messages in the request, so that a request sent again gets the
same answer.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.rehearsal.claude.compaction import compacted_summary, compacted_turns
from app.rehearsal.claude.conversation import is_compaction
from app.rehearsal.claude.errors import ApiError
from app.rehearsal.claude.request import Message, MessagesRequest
from app.rehearsal.claude.script import Script, Turn
from app.rehearsal.claude.tooling import with_nulls

MOST_SHOWN = 1_500
MOST_SEARCHED = 200_000
TOKEN_CHARACTERS = 3


@dataclass(frozen=True)
class Cue:
    """Where a request stands, by its headers: `phase/agent/round[/subject]` and the attempt.

    `replies_before` is how many replies in it belong to the round that is revised.
    """

    step: str
    attempt: int
    replies_before: int = 0


@dataclass(frozen=True)
class Reply:
    """What the scripted model answers: content blocks, stop reason, replaced token counts."""

    id: str
    content: tuple[Mapping[str, Any], ...]
    stop: str
    stop_sequence: str | None
    usage: Mapping[str, int]


def play(script: Script, cue: Cue, request: MessagesRequest) -> Reply:
    """Return the scripted reply to `request`.

    Raises:
        ApiError: 400 with `misfit` when the script has no such turn or expects something else.
    """
    number = turn_number(request) - cue.replies_before
    _check_ending(script, cue, number, request)
    turn = _turn(script, cue, number, request)
    _check_expectations(cue, number, turn, request)
    content: list[Mapping[str, Any]] = [{"type": "text", "text": turn.say}] if turn.say else []
    schemas = {tool["name"]: tool.get("input_schema") for tool in request.tools}
    for index, call in enumerate(turn.calls):
        if call.tool not in schemas:
            offered = ", ".join(sorted(schemas)) or "none"
            raise _misfit(
                cue,
                number,
                f"the script calls the tool {call.tool!r}; the request offers {offered}",
            )
        content.append(
            {
                "type": "tool_use",
                "id": f"toolu_{_digest(cue, number, str(index))}",
                "name": call.tool,
                "input": with_nulls(dict(call.input), schemas[call.tool]),
            }
        )
    stopped_by = (
        request.stop_sequences[0]
        if turn.stop == "stop_sequence" and request.stop_sequences
        else None
    )
    return Reply(
        f"msg_{_digest(cue, number, 'message')}", tuple(content), turn.stop, stopped_by, turn.usage
    )


def turn_number(request: MessagesRequest) -> int:
    """Return how many replies the conversation holds, those inside a compaction included."""
    number = compacted_turns(request.messages[0])
    return number + sum(
        one.role == "assistant" and not is_compaction(one) for one in request.messages
    )


def output_tokens(content: tuple[Mapping[str, Any], ...]) -> int:
    """Return the size of a reply in tokens, at three characters each."""
    return -(-len(json.dumps(list(content), ensure_ascii=False)) // TOKEN_CHARACTERS)


def heard(message: Message) -> str:
    """Return the text of a user message as patterns see it: tool results first, then text."""
    parts = [_result_text(block) for block in message.content if block["type"] == "tool_result"]
    parts += [str(block["text"]) for block in message.content if block["type"] == "text"]
    return "\n".join(parts)


def _result_text(block: Mapping[str, Any]) -> str:
    content = block.get("content", "")
    if isinstance(content, str):
        return content
    return "\n".join(str(part["text"]) for part in content if part["type"] == "text")


def _turn(script: Script, cue: Cue, number: int, request: MessagesRequest) -> Turn:
    step = script.step(cue.step)
    if step is None:
        names = ", ".join(script.steps)
        raise _misfit(cue, number, f"the script has no such step; it has {_cut(names)}")
    turns = step.turns(cue.attempt)
    if turns is None:
        attempts = ", ".join(str(attempt) for attempt in step.attempts)
        raise _misfit(
            cue, number, f"the script has turns for the attempts {attempts} of this step only"
        )
    if number >= len(turns):
        raise _misfit(
            cue,
            number,
            f"the script ends after turn {len(turns)} of this step; the request came with:"
            f"\n{_cut(_last_heard(request))}",
        )
    return turns[number]


def _check_ending(script: Script, cue: Cue, number: int, request: MessagesRequest) -> None:
    """Refuse a prefilled reply; only a pause and a compaction may be continued."""
    last = request.messages[-1]
    if last.role == "user" or is_compaction(last):
        return
    step = script.step(cue.step)
    turns = step.turns(cue.attempt) if step is not None else None
    if not turns or turns[min(number, len(turns)) - 1].stop != "pause_turn":
        raise ApiError(
            "invalid_request_error",
            "This model does not support assistant message prefill. The conversation must end with"
            " a user message.",
        )


def _check_expectations(cue: Cue, number: int, turn: Turn, request: MessagesRequest) -> None:
    last = _last_heard(request)
    for pattern in turn.expect:
        if not pattern.search(last[:MOST_SEARCHED]):
            raise _misfit(
                cue,
                number,
                f"expected /{pattern.pattern}/ in the last message, which says:\n{_cut(last)}",
            )
    for pattern in turn.reject:
        found = pattern.search(last[:MOST_SEARCHED])
        if found:
            raise _misfit(
                cue,
                number,
                f"the script rejects /{pattern.pattern}/ in the last message, which has"
                f" {_cut(found[0])!r} and says:\n{_cut(last)}",
            )
    prompt = heard(request.messages[0])
    if cue.replies_before:
        prompt += f"\n{last}"
    for pattern in turn.expect_prompt:
        if not pattern.search(prompt):
            raise _misfit(
                cue,
                number,
                f"expected /{pattern.pattern}/ in the prompt, which says:\n{_cut(prompt)}",
            )


def _last_heard(request: MessagesRequest) -> str:
    last = request.messages[-1]
    if is_compaction(last):
        return compacted_summary(last)
    return heard(last)


def _misfit(cue: Cue, number: int, reason: str) -> ApiError:
    attempt = "" if cue.attempt == 1 else f", attempt {cue.attempt}"
    return ApiError(
        "invalid_request_error",
        f"The request does not fit the script at {cue.step}{attempt}, turn {number + 1}: {reason}",
        misfit=True,
    )


def _cut(text: str) -> str:
    if len(text) <= MOST_SHOWN:
        return text
    half = MOST_SHOWN // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


def _digest(cue: Cue, number: int, part: str) -> str:
    source = "\0".join([cue.step, str(cue.attempt), str(number), part])
    return hashlib.sha256(source.encode()).hexdigest()[:24]
