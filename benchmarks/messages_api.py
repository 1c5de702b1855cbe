"""A Messages API on loopback with the documented cache rules, for measurements.

Its replies follow a trajectory that the client names in a header, turn by turn. It checks nothing
but what the cache needs; time is given to it, so that hours can pass in no time.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from app.rehearsal.claude.cache import Bill, PromptCache, prefixes_of
from app.rehearsal.claude.compaction import compaction_block
from app.rehearsal.claude.conversation import is_compaction
from app.rehearsal.claude.frames import frames
from app.rehearsal.claude.player import output_tokens, turn_number
from app.rehearsal.claude.request import COMPACTION_BETA, MessagesRequest, parse_request

Block = dict[str, Any]
Replies = Callable[[str, int], tuple[Block, ...]]
"""Trajectory and turn, from 0, to the blocks of the reply."""

TRAJECTORY = "x-trajectory"
SUMMARY = "What was done so far, in short. " * 180
"""A summary of 1,920 tokens."""

WEIGHTS = {"uncached": 1.0, "written_5m": 1.25, "written_1h": 2.0, "read": 0.1}


def units(bill: Bill) -> float:
    """Return what the input of a request costs, in uncached input tokens."""
    return float(sum(weight * getattr(bill, kind) for kind, weight in WEIGHTS.items()))


@dataclass
class MessagesApi:
    """What it was asked so far: requests, seconds spent on them, bytes, tokens and cost units.

    `units` are those of what was sent, `written` the tokens of replies.
    """

    replies: Replies
    now: Callable[[], float]
    cache: PromptCache = field(default_factory=PromptCache)
    requests: int = 0
    busy: int = 0
    seconds: float = 0.0
    received: int = 0
    tokens: int = 0
    units: float = 0.0
    written: int = 0

    def answer(self, headers: Mapping[str, str], raw: bytes) -> tuple[bytes, str]:
        """Return body and content type for one request."""
        betas = frozenset({COMPACTION_BETA})
        request = parse_request(json.loads(raw), betas, counting=False)
        prefixes = prefixes_of(request)
        now = self.now()
        bill = self.cache.bill(prefixes, now)
        self.cache.begin(prefixes, now)
        self.requests += 1
        self.received += len(raw)
        self.tokens += prefixes[-1].tokens
        self.units += units(bill)
        body = self._body(headers, request, bill)
        if request.stream:
            return b"".join(frames(body)), "text/event-stream"
        return json.dumps(body).encode(), "application/json"

    def _body(
        self, headers: Mapping[str, str], request: MessagesRequest, bill: Bill
    ) -> dict[str, Any]:
        turn = turn_number(request)
        usage: dict[str, Any] = bill.usage()
        content: tuple[Block, ...]
        if request.compaction is not None:
            if is_compaction(request.messages[-1]):
                raise ValueError("there is nothing to sum up")
            content, stop = (compaction_block(turn, SUMMARY),), "compaction"
            iteration = {"type": "compaction", **usage, "output_tokens": output_tokens(content)}
            usage = {**Bill(0, 0, 0, 0).usage(), "iterations": [iteration]}
        elif request.max_tokens == 0:
            content, stop = (), "max_tokens"
        else:
            content, stop = self.replies(headers[TRAJECTORY], turn), "tool_use"
        written = 0 if stop == "compaction" else output_tokens(content) if content else 0
        self.written += written
        return {
            "id": f"msg_{self.requests}",
            "type": "message",
            "role": "assistant",
            "model": request.model,
            "content": list(content),
            "stop_reason": stop,
            "stop_sequence": None,
            "stop_details": None,
            "usage": {**usage, "output_tokens": written, "service_tier": "standard"},
        }

    def stats(self) -> dict[str, float]:
        """Return what it counted."""
        return {
            "requests": self.requests,
            "seconds": self.seconds,
            "received": self.received,
            "tokens": self.tokens,
            "units": self.units,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection; GET brings what was counted so far."""
        try:
            while (came := await _read(reader)) is not None:
                method, headers, raw = came
                self.busy += 1
                began = time.perf_counter()
                if method == "GET":
                    body, kind = json.dumps(self.stats()).encode(), "application/json"
                else:
                    body, kind = self.answer(headers, raw)
                writer.write(
                    f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nrequest-id: req_{self.requests}"
                    f"\r\ncontent-length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
                self.seconds += time.perf_counter() - began
                self.busy -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(api: MessagesApi) -> AsyncIterator[str]:
    """Serve on a free loopback port; yields the address."""
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0, limit=1 << 20)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    head = await reader.readline()
    if not head:
        return None
    headers = {}
    while (line := (await reader.readline()).decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return head.decode().split()[0], headers, raw
