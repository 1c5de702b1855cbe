"""One request to the model and its whole reply. It knows no conversation and no money."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic

from app.claude.ports import Watch
from app.claude.retry import GaveUp, Retry
from app.claude.stream import Accumulator
from phases.core.session import Assignment, Json


@dataclass(frozen=True)
class Answer:
    """A whole reply: the message verbatim, the retries before it, and how long it took."""

    message: Json
    request_id: str
    retries: int
    latency_ms: int


def headers_of(assignment: Assignment) -> dict[str, str]:
    """Return what tells a gateway whose request this is."""
    return {
        "X-Phaseline-Run": assignment.run,
        "X-Phaseline-Step": str(assignment.name),
        "X-Phaseline-Agent": assignment.agent.name,
        "X-Phaseline-Attempt": str(assignment.attempt),
    }


class Asking:
    """Sends requests on the SDK's raw events: `messages.stream()` costs ten times the CPU."""

    def __init__(self, client: anthropic.AsyncAnthropic, retry: Retry, watch: Watch) -> None:
        self._client = client
        self._retry = retry
        self._watch = watch

    async def ask(
        self,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        on_first_event: Callable[[], None],
    ) -> Answer | GaveUp:
        """Return the reply to one request, or the fault that stood when trying was given up."""

        async def attempt() -> tuple[Json, str, int]:
            began = self._watch.monotonic()
            message, request_id = await self._stream(body, headers, on_first_event)
            return message, request_id, round((self._watch.monotonic() - began) * 1000)

        result = await self._retry.run(attempt)
        if isinstance(result, GaveUp):
            return result
        message, request_id, latency_ms = result.value
        return Answer(message, request_id, result.retries, latency_ms)

    async def _stream(
        self,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        on_first_event: Callable[[], None],
    ) -> tuple[Json, str]:
        accumulator = Accumulator()
        stream = await self._client.messages.create(
            **body, stream=True, extra_headers=dict(headers)
        )
        async with stream:
            # Raw, because the SDK's models would have to be turned back into what was sent.
            async for event in anthropic.AsyncStream.raw_events(stream.response):
                on_first_event()
                accumulator.take(event.event or "", event.data)
        return accumulator.message(), stream.response.headers.get("request-id", "")
