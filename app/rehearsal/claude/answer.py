"""Makes the answer to a checked request: a turn, a keep-alive, a compaction. It sends nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.rehearsal.claude.cache import Bill
from app.rehearsal.claude.compaction import compaction_block
from app.rehearsal.claude.conversation import is_compaction
from app.rehearsal.claude.errors import refused
from app.rehearsal.claude.player import Cue, Reply, heard, output_tokens, play, turn_number
from app.rehearsal.claude.request import MessagesRequest
from app.rehearsal.claude.script import Script

MESSAGE = "message"
KEEP_ALIVE = "keep_alive"
COMPACTION = "compaction"


@dataclass(frozen=True)
class Answer:
    """A whole answer before it is framed; `turn` counts from 1, None where none is consumed."""

    kind: str
    turn: int | None
    body: Mapping[str, Any]


def kind_of(request: MessagesRequest) -> str:
    """Return what the request is, by its shape alone."""
    if request.compaction is not None:
        return COMPACTION
    return KEEP_ALIVE if request.max_tokens == 0 else MESSAGE


def answer(script: Script, cue: Cue, request: MessagesRequest, bill: Bill) -> Answer:
    """Return the answer to `request`.

    Raises:
        ApiError: the request does not fit the script, or there is nothing to compact.
    """
    kind = kind_of(request)
    if kind == COMPACTION:
        return Answer(kind, None, _compaction(request, bill))
    if kind == KEEP_ALIVE:
        reply = Reply(_own_id(request), (), "max_tokens", None, {"output_tokens": 0})
        return Answer(kind, None, _body(request, reply, bill))
    reply = play(script, cue, request)
    return Answer(kind, turn_number(request) - cue.replies_before + 1, _body(request, reply, bill))


def _body(request: MessagesRequest, reply: Reply, bill: Bill) -> dict[str, Any]:
    said = "\n".join(str(block["text"]) for block in reply.content if block["type"] == "text")
    refusal = {"type": "refusal", "category": None, "explanation": said or None}
    return {
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": [dict(block) for block in reply.content],
        "stop_reason": reply.stop,
        "stop_sequence": reply.stop_sequence,
        "stop_details": refusal if reply.stop == "refusal" else None,
        "usage": {
            **bill.usage(),
            "output_tokens": output_tokens(reply.content),
            "service_tier": "standard",
            **reply.usage,
        },
    }


def _compaction(request: MessagesRequest, bill: Bill) -> dict[str, Any]:
    last = request.messages[-1]
    if is_compaction(last):
        raise refused("messages: there is nothing to summarize", "compaction_nothing_to_summarize")
    block = compaction_block(turn_number(request), heard(last))
    own = {**bill.usage(), "output_tokens": output_tokens((block,))}
    none = Bill(0, 0, 0, 0).usage()
    return {
        "id": _own_id(request),
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": [block],
        "stop_reason": "compaction",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            **none,
            "output_tokens": 0,
            "service_tier": "standard",
            "iterations": [{"type": "compaction", **own}],
        },
    }


def _own_id(request: MessagesRequest) -> str:
    return f"msg_{hashlib.sha256(repr(request.raw).encode()).hexdigest()[:24]}"
