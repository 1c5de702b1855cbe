"""Server-sent events of one streamed message, framed as the API frames them. No pacing, no sending.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

TEXT_PIECE = 160
JSON_PIECE = 320


def frames(body: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the events of the whole message `body`, one frame each."""
    usage = body["usage"]
    opening = {
        **body,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {**usage, "output_tokens": min(1, usage["output_tokens"])},
    }
    yield _frame("message_start", {"message": opening})
    for index, block in enumerate(body["content"]):
        cut = body["stop_reason"] == "max_tokens" and index == len(body["content"]) - 1
        yield from _block(index, block, cut=cut)
    delta = {name: body[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    closing = {
        name: value
        for name, value in usage.items()
        if name not in ("service_tier", "cache_creation")
    }
    yield _frame("message_delta", {"delta": delta, "usage": closing})
    yield _frame("message_stop", {})


def _block(index: int, block: Mapping[str, Any], *, cut: bool) -> Iterator[bytes]:
    start, deltas = _parts(block, cut=cut)
    yield _frame("content_block_start", {"index": index, "content_block": start})
    if index == 0:
        yield _frame("ping", {})
    for delta in deltas:
        yield _frame("content_block_delta", {"index": index, "delta": delta})
    yield _frame("content_block_stop", {"index": index})


def _parts(block: Mapping[str, Any], *, cut: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the empty block that opens, and the deltas that fill it."""
    if block["type"] == "text":
        pieces = _pieces(block["text"], TEXT_PIECE)
        return {"type": "text", "text": ""}, [
            {"type": "text_delta", "text": piece} for piece in pieces
        ]
    if block["type"] == "compaction":
        delta = {"type": "compaction_delta", "content": block["content"], "encrypted_content": None}
        return {**block, "content": None}, [delta]
    text = json.dumps(block["input"], ensure_ascii=False)
    if cut:
        # A reply that ran out of tokens ends inside the input: such a call must never be run.
        text = text[: max(len(text) // 2, 1)]
    pieces = ["", *_pieces(text, JSON_PIECE)]
    return {**block, "input": {}}, [
        {"type": "input_json_delta", "partial_json": piece} for piece in pieces
    ]


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _frame(event: str, data: Mapping[str, Any]) -> bytes:
    text = json.dumps({"type": event, **data}, separators=(",", ":"))
    return f"event: {event}\ndata: {text}\n\n".encode()
