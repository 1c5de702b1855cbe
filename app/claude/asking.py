"""One request to the model and its whole reply. It knows no conversation and no money."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx2

from app.claude.client import Client
from app.claude.faults import (
    EXPECTED,
    EmptyReplyError,
    Fault,
    UnreadableReplyError,
    fault_of,
)
from app.claude.ports import Watch
from app.claude.retry import GaveUp, Retry
from app.claude.stream import Accumulator
from app.claude.text import well_formed
from phases.core.session import Assignment, Json

MESSAGES = "/v1/messages"
COMPACTION_BETA = "compact-2026-09-04"
"""https://platform.claude.com/docs/en/build-with-claude/compaction-on-demand"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """A whole reply: the message verbatim, the retries before it, and how long it took."""

    message: Json
    request_id: str
    retries: int
    latency_ms: int


def headers_of(assignment: Assignment, *, compaction: bool, replies_before: int) -> dict[str, str]:
    """Return what tells a gateway whose request this is, and the API that it asks for a summary.

    `replies_before` is how many replies in it belong to the round that is revised.
    """
    whose = {
        "X-Phaseline-Run": assignment.run,
        "X-Phaseline-Step": str(assignment.name),
        "X-Phaseline-Agent": assignment.agent.name,
        "X-Phaseline-Attempt": str(assignment.attempt),
    }
    if replies_before:
        whose["X-Phaseline-Replies-Before"] = str(replies_before)
    return {**whose, "anthropic-beta": COMPACTION_BETA} if compaction else whose


class Asking:
    """Sends requests on the SDK's raw events: `messages.stream()` costs ten times the CPU."""

    def __init__(self, client: Client, retry: Retry, watch: Watch) -> None:
        self._client = client
        self._retry = retry
        self._watch = watch

    async def ask(
        self,
        body: bytes,
        headers: Mapping[str, str],
        on_first_event: Callable[[], None],
        on_lost: Callable[[], Awaitable[None]],
    ) -> Answer | GaveUp:
        """Return the reply to one request, or the fault that stood when trying was given up.

        `on_lost` is awaited before it is sent again whose answer may have been paid.
        """
        return await self._tried(lambda: self._stream(body, headers, on_first_event), on_lost)

    async def ask_at_once(
        self, body: bytes, headers: Mapping[str, str], on_lost: Callable[[], Awaitable[None]]
    ) -> Answer | GaveUp:
        """Return a reply that is short enough to come in one piece, or the fault that stood."""
        return await self._tried(lambda: self._whole(body, headers), on_lost)

    async def touch(self, body: bytes, headers: Mapping[str, str]) -> Answer | Fault:
        """Return the reply to a request that is tried once and may as well fail."""
        try:
            return await self._timed(lambda: self._whole(body, headers), 0)
        except EXPECTED as error:
            fault = fault_of(error, self._watch.now())
            _log.warning("keep-alive failed", extra={"fault": fault.name})
            return fault

    async def _tried(
        self,
        send: Callable[[], Awaitable[tuple[Json, str]]],
        on_lost: Callable[[], Awaitable[None]],
    ) -> Answer | GaveUp:
        result = await self._retry.run(lambda retries: self._timed(send, retries), on_lost)
        return result if isinstance(result, GaveUp) else result.value

    async def _timed(self, send: Callable[[], Awaitable[tuple[Json, str]]], retries: int) -> Answer:
        began = self._watch.monotonic()
        message, request_id = await send()
        latency_ms = round((self._watch.monotonic() - began) * 1000)
        return Answer(message, request_id, retries, latency_ms)

    async def _stream(
        self,
        body: bytes,
        headers: Mapping[str, str],
        on_first_event: Callable[[], None],
    ) -> tuple[Json, str]:
        accumulator = Accumulator()
        stream = await self._client.post(
            MESSAGES,
            cast_to=object,
            **self._written(body, headers),
            stream=True,
            stream_cls=anthropic.AsyncStream[object],
        )
        async with stream:
            # Raw, because the SDK's models would have to be turned back into what was sent.
            async for event in anthropic.AsyncStream.raw_events(stream.response):
                on_first_event()
                accumulator.take(event.event or "", event.data)
        return accumulator.message(), stream.response.headers.get("request-id", "")

    async def _whole(self, body: bytes, headers: Mapping[str, str]) -> tuple[Json, str]:
        response = await self._client.post(
            MESSAGES, cast_to=httpx2.Response, **self._written(body, headers)
        )
        if not response.content.strip():
            raise EmptyReplyError
        try:
            message = well_formed(json.loads(response.content))
            sound = isinstance(message["content"], list) and isinstance(message["usage"], dict)
            sound = sound and isinstance(message["stop_reason"], str)
        except (ValueError, KeyError, TypeError, RecursionError):
            sound = False
        if not sound:
            raise UnreadableReplyError("the reply is no message")
        return message, response.headers.get("request-id", "")

    def _written(self, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return a request as the client takes it: as bytes, wherever they are sent as they are.

        The SDK would copy the whole history, object by object, to change nothing in it.
        """
        if isinstance(self._client, anthropic.AsyncAnthropicVertex):
            # There the model is a part of the address, and the version one of the body.
            return {"body": json.loads(body), "options": {"headers": dict(headers)}}
        return {
            "content": body,
            "options": {"headers": {**headers, "Content-Type": "application/json"}},
        }
