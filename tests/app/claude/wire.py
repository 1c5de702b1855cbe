"""A Messages API of single replies and faults, on the wire: it can also hang up in mid-sentence."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sent:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def turn(self) -> int:
        """How many replies the conversation holds, from 0."""
        return sum(message["role"] == "assistant" for message in self.body["messages"])

    @property
    def last(self) -> list[dict[str, Any]]:
        """The blocks of the last message."""
        blocks: list[dict[str, Any]] = self.body["messages"][-1]["content"]
        return blocks


@dataclass(frozen=True)
class Wire:
    """What goes back: a status with body, cut off before its end, or nothing.

    `ahead` is sent at once, `body` behind the gate.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: bool = False
    gate: asyncio.Event | None = None
    ahead: bytes = b""


Respond = Callable[[Sent], Wire]


@dataclass
class Server:
    """Where it listens and what it was sent."""

    url: str
    sent: list[Sent] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def serving(respond: Respond) -> AsyncIterator[Server]:
    """Serve on a free loopback port for the length of a test."""
    server = Server("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (sent := await _read(reader)) is not None:
                server.sent.append(sent)
                server.asked.set()
                wire = respond(sent)
                if not wire.silent:
                    await _write(writer, wire)
                if wire.silent or wire.cut:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Sent | None:
    head = await reader.readline()
    if not head:
        return None
    headers = {}
    while (line := (await reader.readline()).decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return Sent(head.decode().split()[1], headers, json.loads(raw) if raw else {})


async def _write(writer: asyncio.StreamWriter, wire: Wire) -> None:
    headers = {
        "content-type": "text/event-stream",
        "request-id": "req_1",
        **wire.headers,
        "transfer-encoding": "chunked",
    }
    lines = [f"HTTP/1.1 {wire.status} Said", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    for part in filter(None, (wire.ahead, wire.body)):
        if part is wire.body and wire.gate is not None:
            await wire.gate.wait()
        writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    if not wire.cut:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


def text(words: str) -> dict[str, Any]:
    """Return a text block."""
    return {"type": "text", "text": words}


def call(name: str, arguments: Any, call_id: str | None = None) -> dict[str, Any]:
    """Return a tool call; text as arguments is streamed as it stands, JSON or not."""
    return {"type": "tool_use", "id": call_id or f"toolu_{name}", "name": name, "input": arguments}


def frame(event: str, data: Mapping[str, Any]) -> bytes:
    """Return one server-sent event."""
    return f"event: {event}\ndata: {json.dumps({'type': event, **data})}\n\n".encode()


def frames(
    *blocks: Mapping[str, Any], stop: str | None, usage: Mapping[str, Any], **delta: Any
) -> list[bytes]:
    """Return the events of one streamed message."""
    events = [
        frame(
            "message_start",
            {
                "message": {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "model": "claude-sonnet-5-5",
                    "content": [],
                    "stop_reason": None,
                    "stop_sequence": None,
                    "usage": {**usage, "output_tokens": 1},
                }
            },
        ),
        frame("ping", {}),
    ]
    for index, block in enumerate(blocks):
        opened, deltas = _opened(block)
        events.append(frame("content_block_start", {"index": index, "content_block": opened}))
        events.extend(
            frame("content_block_delta", {"index": index, "delta": delta}) for delta in deltas
        )
        events.append(frame("content_block_stop", {"index": index}))
    events.append(
        frame(
            "message_delta",
            {
                "delta": {"stop_reason": stop, "stop_sequence": None, **delta},
                "usage": {"output_tokens": usage["output_tokens"]},
            },
        )
    )
    events.append(frame("message_stop", {}))
    return events


USAGE = {"input_tokens": 1000, "output_tokens": 100}


def reply(
    *blocks: Mapping[str, Any], stop: str = "", usage: Mapping[str, Any] = USAGE, **delta: Any
) -> Wire:
    """Return a whole reply; without `stop` it ends as its blocks say."""
    calls = any(block["type"] == "tool_use" for block in blocks)
    stop = stop or ("tool_use" if calls else "end_turn")
    return Wire(body=b"".join(frames(*blocks, stop=stop, usage=usage, **delta)))


def error(status: int, kind: str, message: str = "no", **headers: str) -> Wire:
    """Return a refusal with the API's error body."""
    body = {"type": "error", "error": {"type": kind, "message": message}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Wire(status, json.dumps(body).encode(), {"content-type": "application/json", **named})


def in_order(*wires: Wire) -> Respond:
    """Answer request after request, whatever it holds."""
    left = list(wires)
    return lambda _sent: left.pop(0)


def by_turn(*wires: Wire) -> Respond:
    """Answer by the number of replies that a request holds: the same question, the same answer."""
    return lambda sent: wires[sent.turn]


def _opened(block: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if block["type"] == "text":
        words = block["text"]
        pieces = [words[:3], words[3:]] if words else []
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
        return {"type": "text", "text": ""}, deltas
    if block["type"] == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}, [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    raw = block["input"] if isinstance(block["input"], str) else json.dumps(block["input"])
    pieces = ["", raw[:7], raw[7:]]
    return {**block, "input": {}}, [
        {"type": "input_json_delta", "partial_json": piece} for piece in pieces
    ]


def whole(*blocks: Mapping[str, Any], stop: str, usage: Mapping[str, Any] = USAGE) -> Wire:
    """Return a reply in one piece."""
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": list(blocks),
        "stop_reason": stop,
        "usage": usage,
    }
    return Wire(body=json.dumps(body).encode(), headers={"content-type": "application/json"})


def summary(block: Mapping[str, Any], usage: Mapping[str, Any]) -> Wire:
    """Return the reply to a request for a summary: its tokens stand in the iterations alone."""
    iterations = [{"type": "compaction", **usage}]
    counted = {"input_tokens": 0, "output_tokens": 0, "iterations": iterations}
    return whole(block, stop="compaction", usage=counted)
