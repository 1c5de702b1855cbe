"""The conversation as it is sent: a constant start, then messages that are only ever added to.

It counts nothing and decides nothing. Bytes are deterministic: the cache and the model's thinking
are bound to them. https://docs.claude.com/en/docs/build-with-claude/prompt-caching
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phases.core.errors import DefectError
from phases.core.session import Json, Prompt

MOST_MARKERS_IN_PROMPT = 2
"""Four markers are allowed in all, and two of them move."""

_MOVING = {"type": "ephemeral"}
_NO_WORDS = {"type": "text", "text": "(no words)"}


@dataclass(frozen=True)
class _Message:
    """A message of the conversation, and its bytes, written once."""

    role: str
    content: Sequence[Any]
    written: bytes


class Transcript:
    """What one session has said so far, with the markers of the cache put in when it is sent."""

    def __init__(self, model: str, prompt: Prompt, tools: Sequence[Json]) -> None:
        if sum(block.cache is not None for block in prompt.blocks) > MOST_MARKERS_IN_PROMPT:
            raise DefectError(f"a prompt has at most {MOST_MARKERS_IN_PROMPT} cache markers")
        self._prompt = [_prompt_block(block.text, block.cache) for block in prompt.blocks]
        self._asked_since: list[dict[str, Any]] = []
        self.replies_before = 0
        self._head = _bytes(
            {
                "model": model,
                "system": [{"type": "text", "text": prompt.system}],
                "tools": list(tools),
            }
        )
        self._start = hashlib.sha256(self._head)
        self._hash = self._start.copy()
        self._messages: list[_Message] = []
        self._shared = _shared_prefix(self._head, prompt)
        self._add("user", self._prompt)

    @property
    def prefix(self) -> str | None:
        """The hash of what fellows share: everything up to the last marker of the prompt."""
        return self._shared

    def add_reply(self, reply: Json) -> None:
        """Add what the model said, verbatim but for empty text, which the API refuses."""
        content = [block for block in reply["content"] if not _is_empty_text(block)]
        self._add("assistant", content or [_NO_WORDS])

    def add_results(self, results: Sequence[Json]) -> None:
        """Add what answers the reply; nothing when the model is to go on by itself."""
        if results:
            self._add("user", list(results))

    def revise(self, results: Sequence[Json], asked: str) -> None:
        """Go on behind the last reply with its results and with what is asked now.

        `replies_before` counts those that belong to the session that is revised.
        """
        self._asked_since = [{"type": "text", "text": asked}]
        self.replies_before = sum(message.role == "assistant" for message in self._messages)
        self._add("user", [*results, *self._asked_since])

    def begin_again(self, behind: Sequence[Json]) -> None:
        """Put `behind` in the place of all that was said after the prompt.

        The prompt stays where it is, to the byte, so that it is still read from the cache.
        """
        self._messages = []
        self._hash = self._start.copy()
        self._add("user", [*self._prompt, *self._asked_since, *behind])

    def last_exchange(self) -> tuple[Json, Json] | None:
        """Return the last reply and what answers it, if it is answered."""
        if len(self._messages) < len(("prompt", "reply", "answer")):
            return None
        *_, reply, answer = self._messages
        both = (reply.role, answer.role) == ("assistant", "user")
        return ({"content": reply.content}, {"content": answer.content}) if both else None

    def body(self, max_tokens: int) -> bytes:
        """Return the request's body, for a reply that is streamed.

        Markers end the last two messages of ours.
        """
        return self._body(self._messages, max_tokens, b',"stream":true')

    def body_before_reply(self) -> bytes:
        """Return the body that was last sent, asking for nothing: it renews what is cached."""
        return self._body(self._messages[:-1], 0, b"")

    def body_for_summary(self, max_tokens: int, instructions: str) -> bytes:
        """Return the body that asks for a summary of all that was said."""
        compaction = _bytes({"type": "summarize", "instructions": instructions})
        return self._body(self._messages, max_tokens, b',"compaction":' + compaction)

    def sha256(self, max_tokens: int) -> str:
        """Return the hash of what is asked, the moving markers left out."""
        digest = self._hash.copy()
        digest.update(_bytes(max_tokens))
        return digest.hexdigest()

    def _body(self, said: Sequence[_Message], max_tokens: int, more: bytes) -> bytes:
        # What was said is not written again in each turn: by then it is long.
        written = [message.written for message in said]
        ours = [n for n, message in enumerate(said) if message.role == "user"]
        for n in ours[-2:]:
            written[n] = _written(said[n].role, _marked(said[n].content))
        messages = b",".join(written)
        asked = b'%s,"max_tokens":%d,"messages":[%s]' % (self._head[:-1], max_tokens, messages)
        return b"%s%s}" % (asked, more)

    def _add(self, role: str, content: Sequence[Any]) -> None:
        message = _Message(role, content, _written(role, content))
        self._messages.append(message)
        self._hash.update(message.written)


def _shared_prefix(head: bytes, prompt: Prompt) -> str | None:
    last = max((n for n, block in enumerate(prompt.blocks) if block.cache), default=None)
    if last is None:
        return None
    shared = [block.text for block in prompt.blocks[: last + 1]]
    return hashlib.sha256(head + _bytes(shared)).hexdigest()


def _prompt_block(text: str, cache: str | None) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": text}
    return {**block, "cache_control": {"type": "ephemeral", "ttl": cache}} if cache else block


def _marked(content: Sequence[Any]) -> list[Any]:
    *before, last = content
    return [*before, {"cache_control": _MOVING, **last}]


def _is_empty_text(block: Mapping[str, Any]) -> bool:
    return block.get("type") == "text" and not str(block.get("text", "")).strip()


def _written(role: str, content: Sequence[Any]) -> bytes:
    return _bytes({"role": role, "content": content})


def _bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
