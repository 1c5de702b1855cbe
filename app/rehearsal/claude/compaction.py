"""Compaction on demand: the block that stands for a conversation. It keeps no state.

Its signature carries the number of replies it stands for, and its text says it, so that the turn is
still read off the request, whether the block is sent back or its text.
https://platform.claude.com/docs/en/build-with-claude/compaction-on-demand
"""

import hashlib
import re
from typing import Any

from app.rehearsal.claude.errors import refused
from app.rehearsal.claude.request import Message

SIGNATURE = re.compile(r"scripted\.([0-9]{1,6})\.([0-9a-f]{32})")
TAIL = 4_000
TOLD = re.compile(r"Summary by the scripted model: ([0-9]{1,6}) replies so far\.")


def compaction_block(turns: int, last_heard: str) -> dict[str, Any]:
    """Return the block for `turns` replies, the last user message saying `last_heard`."""
    summary = (
        f"Summary by the scripted model: {turns} replies so far."
        " The last message from the user ends with:\n"
        f"{last_heard[-TAIL:]}"
    )
    return {
        "type": "compaction",
        "content": summary,
        "encrypted_content": None,
        "signature": f"scripted.{turns}.{_seal(turns, summary)}",
        "tool_changes": [],
    }


def compacted_turns(message: Message) -> int:
    """Return how many replies the first message stands for: 0 unless it is, or tells, a summary.

    Raises:
        ApiError: the block was changed on its way.
    """
    block = message.content[0]
    if block["type"] != "compaction":
        return _told_turns(message)
    match = SIGNATURE.fullmatch(str(block.get("signature")))
    if match is None or match[2] != _seal(int(match[1]), str(block.get("content"))):
        raise refused(
            "messages.0.content.0: the `signature` of the `compaction` block does not verify",
            "compaction_signature_invalid",
        )
    return int(match[1])


def compacted_summary(message: Message) -> str:
    """Return the summary of a compaction message."""
    return str(message.content[0].get("content"))


def _told_turns(message: Message) -> int:
    texts = (str(part["text"]) for part in message.content[1:] if part["type"] == "text")
    told = [int(match[1]) for text in texts if (match := TOLD.search(text))]
    return told[-1] if told else 0


def _seal(turns: int, summary: str) -> str:
    return hashlib.sha256(f"{turns}\0{summary}".encode()).hexdigest()[:32]
