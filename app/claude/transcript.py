"""The conversation as it is sent: a constant start, then messages that are only ever added to.

It counts nothing and decides nothing. Bytes are deterministic: the cache and the model's thinking
are bound to them. https://docs.claude.com/en/docs/build-with-claude/prompt-caching
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from phases.core.errors import DefectError
from phases.core.session import Json, Prompt

MOST_MARKERS_IN_PROMPT = 2
"""Four markers are allowed in all, and two of them move."""

COMPACTION_BETA = "compact-2026-09-04"
"""https://platform.claude.com/docs/en/build-with-claude/compaction-on-demand"""

_MOVING = {"type": "ephemeral"}
_NO_WORDS = {"type": "text", "text": "(no words)"}

Message = dict[str, Any]


class Transcript:
    """What one session has said so far, with the markers of the cache put in when it is sent."""

    def __init__(self, model: str, prompt: Prompt, tools: Sequence[Json]) -> None:
        if sum(block.cache is not None for block in prompt.blocks) > MOST_MARKERS_IN_PROMPT:
            raise DefectError(f"a prompt has at most {MOST_MARKERS_IN_PROMPT} cache markers")
        self._prompt = prompt
        self._head: dict[str, Any] = {
            "model": model,
            "system": [{"type": "text", "text": prompt.system}],
            "tools": list(tools),
        }
        self._start = hashlib.sha256(_bytes(self._head))
        self._hash = self._start.copy()
        self._messages: list[Message] = []
        self._shared = _shared_prefix(self._head, prompt)
        self._add("user", [_prompt_block(block.text, block.cache) for block in prompt.blocks])

    @property
    def prefix(self) -> str | None:
        """The hash of what fellows share: everything up to the last marker of the prompt."""
        return self._shared

    @property
    def shortened(self) -> bool:
        """Whether it begins with a summary."""
        return bool(self._messages[0]["role"] == "assistant")

    def add_reply(self, reply: Json) -> None:
        """Add what the model said, verbatim but for empty text, which the API refuses."""
        content = [block for block in reply["content"] if not _is_empty_text(block)]
        self._add("assistant", content or [_NO_WORDS])

    def add_results(self, results: Sequence[Json]) -> None:
        """Add what answers the reply; nothing when the model is to go on by itself."""
        if results:
            self._add("user", list(results))

    def shorten(self, summary: Json, again: Sequence[Json]) -> None:
        """Put a summary in the place of all that was said.

        The prompt is said again behind it, word for word, with `again` at its end: neither the
        agent's role nor the request may depend on how they were summed up.
        """
        self._messages = []
        self._hash = self._start.copy()
        self._add("assistant", list(summary["content"]))
        prompt = [_prompt_block(block.text, None) for block in self._prompt.blocks]
        self._add("user", [*prompt, *again])

    def last_exchange(self) -> tuple[Json, Json] | None:
        """Return the last reply and what answers it, if it is answered."""
        if len(self._messages) < len(("prompt", "reply", "answer")):
            return None
        *_, reply, answer = self._messages
        both = (reply["role"], answer["role"]) == ("assistant", "user")
        return (reply, answer) if both else None

    def body(self, max_tokens: int) -> dict[str, Any]:
        """Return the request's body: markers end the last two messages of ours."""
        return self._body(self._messages, max_tokens)

    def body_before_reply(self) -> dict[str, Any]:
        """Return the body that was last sent, asking for nothing: it renews what is cached."""
        return self._body(self._messages[:-1], 0)

    def body_for_summary(self, max_tokens: int, instructions: str) -> dict[str, Any]:
        """Return the body that asks for a summary of all that was said."""
        compaction = {"type": "summarize", "instructions": instructions}
        return {**self.body(max_tokens), "compaction": compaction}

    def sha256(self, max_tokens: int) -> str:
        """Return the hash of what is asked, the moving markers left out."""
        digest = self._hash.copy()
        digest.update(_bytes(max_tokens))
        return digest.hexdigest()

    def _body(self, said: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        ours = [n for n, message in enumerate(said) if message["role"] == "user"]
        messages = list(said)
        for n in ours[-2:]:
            messages[n] = _marked(messages[n])
        return {**self._head, "max_tokens": max_tokens, "messages": messages}

    def _add(self, role: str, content: list[Any]) -> None:
        message = {"role": role, "content": content}
        self._messages.append(message)
        self._hash.update(_bytes(message))


def _shared_prefix(head: Json, prompt: Prompt) -> str | None:
    last = max((n for n, block in enumerate(prompt.blocks) if block.cache), default=None)
    if last is None:
        return None
    shared = [block.text for block in prompt.blocks[: last + 1]]
    return hashlib.sha256(_bytes([head, shared])).hexdigest()


def _prompt_block(text: str, cache: str | None) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": text}
    return {**block, "cache_control": {"type": "ephemeral", "ttl": cache}} if cache else block


def _marked(message: Message) -> Message:
    *before, last = message["content"]
    return {**message, "content": [*before, {"cache_control": _MOVING, **last}]}


def _is_empty_text(block: Mapping[str, Any]) -> bool:
    return block.get("type") == "text" and not str(block.get("text", "")).strip()


def _bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
