"""Signed deliveries as GitHub sends them, and a burst of them over many connections.

It measures what comes back; what receives them, and what it keeps, is not its affair.
"""

import asyncio
import hashlib
import hmac
import json
import lzma
import random
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "tests" / "contract" / "data" / "examples.json.xz"
EVENTS = frozenset({"check_run", "issue_comment", "issues", "pull_request", "push"})
PATH = "/webhooks/github"
HOST = "127.0.0.1"
ACCEPTED = 202


@dataclass(frozen=True)
class Signed:
    """One delivery: its GUID, and the whole HTTP request as bytes."""

    guid: str
    request: bytes


@dataclass(frozen=True)
class Answered:
    """What came back: the status, and after how many milliseconds."""

    status: int
    milliseconds: float


def deliveries(count: int, secret: str, app_id: int, seed: int) -> list[Signed]:
    """Make that many distinct deliveries out of Octokit's examples (npm, MIT), 7 to 30 kB each."""
    chooser = random.Random(seed)  # noqa: S311 - repeatable, not secret
    examples: list[tuple[str, dict[str, Any]]] = [
        (event, payload)
        for event, payload in json.loads(lzma.decompress(EXAMPLES.read_bytes()))
        if event in EVENTS and "repository" in payload
    ]
    made = []
    for number in range(count):
        event, payload = examples[number % len(examples)]
        sender = payload["sender"] | {"id": number + 1}
        body = json.dumps(payload | {"sender": sender, "installation": {"id": 7}}).encode()
        guid = str(uuid.UUID(int=chooser.getrandbits(128), version=4))
        made.append(Signed(guid, _request(event, guid, body, secret, app_id)))
    return made


def out_of_order(distinct: list[Signed], sent: int, seed: int) -> list[Signed]:
    """Fill up with duplicates and shuffle."""
    chooser = random.Random(seed)  # noqa: S311 - repeatable, not secret
    burst = [*distinct, *chooser.sample(distinct, sent - len(distinct))]
    chooser.shuffle(burst)
    return burst


async def send(burst: list[Signed], port: int, connections: int) -> tuple[list[Answered], float]:
    """Send a burst over so many connections at once; return the answers and the seconds taken."""
    waiting = iter(burst)
    answers: list[Answered] = []
    streams = [await asyncio.open_connection(HOST, port) for _ in range(connections)]

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for each in waiting:
            started = time.perf_counter()
            writer.write(each.request)
            status = await _answer(reader)
            answers.append(Answered(status, (time.perf_counter() - started) * 1000))
        writer.close()
        await writer.wait_closed()

    started = time.perf_counter()
    await asyncio.gather(*(work(*stream) for stream in streams))
    return answers, time.perf_counter() - started


def _request(event: str, guid: str, body: bytes, secret: str, app_id: int) -> bytes:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    lines = (
        f"POST {PATH} HTTP/1.1",
        f"Host: {HOST}",
        "User-Agent: GitHub-Hookshot/0000000",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-GitHub-Delivery: {guid}",
        f"X-GitHub-Event: {event}",
        f"X-GitHub-Hook-Installation-Target-ID: {app_id}",
        "X-GitHub-Hook-Installation-Target-Type: integration",
        f"X-Hub-Signature-256: sha256={mac}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            return await _chunked(reader, int(head.split(b" ", 2)[1]))
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def _chunked(reader: asyncio.StreamReader, status: int) -> int:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
    await reader.readuntil(b"\r\n")
    return status
