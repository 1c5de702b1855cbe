"""Compaction on demand: the block that stands for a conversation. It keeps no state.

The block's signature carries the number of replies it stands for, so that the turn is still read
off the request.
https://platform.claude.com/docs/en/build-with-claude/compaction-on-demand
"""

import hashlib
import re
from typing import Any

from app.rehearsal.claude.errors import refused
from app.rehearsal.claude.request import Message

SIGNATURE = re.compile(r"scripted\.([0-9]{1,6})\.([0-9a-f]{32})")
TAIL = 4_000


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
    """Return how many replies the message stands for: 0 unless it is a compaction.

    Raises:
        ApiError: the block was changed on its way.
    """
    block = message.content[0]
    if block["type"] != "compaction":
        return 0
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


def _seal(turns: int, summary: str) -> str:
    return hashlib.sha256(f"{turns}\0{summary}".encode()).hexdigest()[:32]
