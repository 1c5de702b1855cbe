"""The rules that span messages: who begins, what a tool call needs. Fields are checked before."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.rehearsal.claude.errors import ApiError, refused
from app.rehearsal.claude.request import COMPACTION_BETA, Message, MessagesRequest

BLOCKS = {
    "user": frozenset({"text", "image", "document", "search_result", "tool_result"}),
    "assistant": frozenset({"text", "thinking", "redacted_thinking", "tool_use", "compaction"}),
}
RESULT_BLOCKS = frozenset({"text", "image", "document", "search_result", "tool_reference"})


def check_conversation(request: MessagesRequest) -> None:
    """Refuse what the API refuses about `messages` as a whole.

    Raises:
        ApiError: 400 with the API's sentence and the place in the request.
    """
    if not request.messages:
        raise refused("messages: at least one message is required")
    for index, message in enumerate(request.messages):
        _check_blocks(f"messages.{index}", message)
    _check_compaction(request.messages)
    if is_compaction(request.messages[0]) and not request.may_compact:
        raise refused(f"messages.0.content.0: `compaction` blocks need the beta {COMPACTION_BETA}")
    if request.messages[0].role != "user" and not is_compaction(request.messages[0]):
        raise refused('messages: first message must use the "user" role')
    uses = [block["id"] for message in request.messages for block in calls_of(message)]
    if len(uses) != len(set(uses)):
        raise refused("messages: `tool_use` ids must be unique")
    if uses and not request.tools:
        raise refused("Requests which include `tool_use` or `tool_result` blocks must define tools")
    _check_pairs(request)


def calls_of(message: Message) -> list[Mapping[str, Any]]:
    """Return the tool_use blocks of a message."""
    return [block for block in message.content if block["type"] == "tool_use"]


def results_of(message: Message) -> list[Mapping[str, Any]]:
    """Return the tool_result blocks of a message."""
    return [block for block in message.content if block["type"] == "tool_result"]


def is_compaction(message: Message) -> bool:
    """Say whether the message is a reply to a compaction request, sent back."""
    return bool(message.content[0]["type"] == "compaction")


def merged(messages: Iterable[Message]) -> list[tuple[int, Message]]:
    """Join consecutive messages of one role, as the API does; each with the index of its first."""
    joined: list[tuple[int, Message]] = []
    for index, message in enumerate(messages):
        if joined and joined[-1][1].role == message.role and not is_compaction(joined[-1][1]):
            first, last = joined[-1]
            joined[-1] = (first, Message(last.role, last.content + message.content))
        else:
            joined.append((index, message))
    return joined


def _check_blocks(place: str, message: Message) -> None:
    for index, block in enumerate(message.content):
        where = f"{place}.content.{index}"
        kind = block["type"]
        if kind not in BLOCKS[message.role]:
            raise refused(f"{where}: `{kind}` blocks are not supported in {message.role} messages")
        if kind == "text":
            _check_text(block)
            if message.role == "user" and block.get("citations"):
                raise refused(
                    f"{where}.text.citations: citations are not permitted in user messages"
                )
        elif kind == "tool_use":
            _check_use(where, block)
        elif kind == "tool_result":
            _check_result(where, block)


def _check_text(block: Mapping[str, Any]) -> None:
    text = block.get("text")
    if not isinstance(text, str) or not text:
        raise refused("messages: text content blocks must be non-empty")
    if not text.strip():
        raise refused("messages: text content blocks must contain non-whitespace text")


def _check_use(where: str, block: Mapping[str, Any]) -> None:
    for name, kind in (("id", str), ("name", str), ("input", dict)):
        if not isinstance(block.get(name), kind):
            raise refused(f"{where}.tool_use.{name}: Input should be a valid {kind.__name__}")


def _check_result(where: str, block: Mapping[str, Any]) -> None:
    if not isinstance(block.get("tool_use_id"), str):
        raise refused(f"{where}.tool_result.tool_use_id: Field required")
    content = block.get("content", "")
    if isinstance(content, str):
        return
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise refused(
            f"{where}.tool_result.content: Input should be a valid string or list of blocks"
        )
    for part in content:
        if part.get("type") not in RESULT_BLOCKS:
            raise refused(
                f"{where}.tool_result.content: `{part.get('type')}` blocks are not supported"
            )
        if part["type"] == "text":
            _check_text(part)


def _check_compaction(messages: tuple[Message, ...]) -> None:
    for index, message in enumerate(messages):
        for position, block in enumerate(message.content):
            if block["type"] == "compaction" and (index, position) != (0, 0):
                raise refused(
                    f"messages.{index}.content.{position}: a `compaction` block must be the first"
                    " block of the conversation",
                    "compaction_block_misplaced",
                )


def _check_pairs(request: MessagesRequest) -> None:
    open_calls: list[str] = []
    caller = 0
    for index, message in merged(request.messages):
        if message.role == "assistant":
            open_calls, caller = [call["id"] for call in calls_of(message)], index
            continue
        _check_answers(index, message, caller, open_calls)
        open_calls = []
    if open_calls:
        raise _unanswered(caller, open_calls, compacting=request.compaction is not None)


def _check_answers(index: int, message: Message, caller: int, open_calls: list[str]) -> None:
    answered = [result["tool_use_id"] for result in results_of(message)]
    for position, block in enumerate(message.content):
        if block["type"] == "tool_result" and block["tool_use_id"] not in open_calls:
            raise refused(
                f"messages.{index}.content.{position}: unexpected `tool_use_id` found in"
                f" `tool_result` blocks: {block['tool_use_id']}. Each `tool_result` block must have"
                " a corresponding `tool_use` block in the previous message."
            )
    if len(answered) != len(set(answered)):
        raise refused(f"messages.{index}: each tool_use must have a single result. Found multiple.")
    missing = [one for one in open_calls if one not in answered]
    leading = [block["type"] == "tool_result" for block in message.content[: len(answered)]]
    if missing or (open_calls and not all(leading)):
        raise _unanswered(caller, missing or open_calls, compacting=False)


def _unanswered(index: int, ids: list[str], *, compacting: bool) -> ApiError:
    return refused(
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately"
        f" after: {', '.join(ids)}. Each `tool_use` block must have a corresponding `tool_result`"
        " block in the next message.",
        "compaction_incomplete_turn" if compacting else None,
    )
