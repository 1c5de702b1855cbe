"""Bodies that are too long, too slow, packed, malformed or hostile. Numbers: list of attacks."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from app.telemetry.logs import JsonLines
from app.telemetry.redaction import Redaction
from tests.app.web.parts import MemoryReceiver, headers
from tests.security.webhook import BODY, PATH, base_url, github, receiver, server_receiver

__all__ = ["base_url", "github", "receiver", "server_receiver"]

# One server for the module: each test finds its receiver empty.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def dribble(base_url: str, body: bytes, length: int) -> bytes:
    """Announce a length, send less, and return the status line that comes back."""
    host, port = base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [f"{name}: {value}" for name, value in headers(BODY).items()]
    lines += ["host: 127.0.0.1", f"content-length: {length}", "", ""]
    writer.write("\r\n".join([f"POST {PATH} HTTP/1.1", *lines]).encode() + body)
    await writer.drain()
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return status


async def test_an_announced_length_over_the_cap_is_413_before_the_body(base_url: str) -> None:
    """Attack 5: the answer comes although not one byte of the body was sent."""
    assert b" 413 " in await dribble(base_url, b"", 200_000_000)


async def test_a_chunked_body_over_the_cap_is_413(
    github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    """Attack 5: no length announced, and the sender would go on for ever."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 2000:
            sent += 1
            yield b"x" * 16_384

    try:
        status = (await github.post(PATH, content=endless(), headers=headers(BODY))).status_code
    except (httpx.WriteError, httpx.ReadError):
        # The door was shut while the sender was still pushing, which is as good an answer.
        status = 413

    assert status == 413
    assert sent < 2000
    assert receiver.kept == []


async def test_a_body_that_trickles_is_408(base_url: str) -> None:
    """Attack 6."""
    assert b" 408 " in await dribble(base_url, BODY[:10], len(BODY))


async def test_two_hundred_idle_connections_do_not_keep_health_waiting(
    github: httpx.AsyncClient,
) -> None:
    """Attack 6."""
    url = github.base_url
    idle = [await asyncio.open_connection(url.host, url.port) for _ in range(200)]
    for _, writer in idle:
        writer.write(f"POST {PATH} HTTP/1.1\r\nhost: x\r\n".encode())

    answer = await asyncio.wait_for(github.get("/healthz"), 5)

    for _, writer in idle:
        writer.close()
    assert answer.status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "identity, gzip"])
async def test_a_compressed_body_is_415(
    encoding: str, github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    """Attack 7."""
    packed = gzip.compress(BODY)

    answer = await github.post(
        PATH, content=packed, headers=headers(packed, content_encoding=encoding)
    )

    assert answer.status_code == 415
    assert receiver.kept == []


BAD_JSON = {
    "deep": b"[" * 30_000,
    "deep objects": b'{"a":' * 10_000,
    "duplicate keys": b'{"action": "labeled", "action": "closed"}',
    "nested duplicate keys": b'{"issue": {"number": 1, "number": 2}}',
    "huge int": b'{"n": ' + b"9" * 10_000 + b"}",
    "not a number": b'{"n": NaN}',
    "infinity": b'{"n": -Infinity}',
    "a list": b"[]",
    "a string": b'"issues"',
    "nothing": b"",
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a form": b"payload=%7B%7D",
}


@pytest.mark.parametrize("kind", BAD_JSON)
async def test_json_that_github_would_not_send_is_400(
    kind: str, github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    """Attack 8."""
    body = BAD_JSON[kind]

    answer = await github.post(PATH, content=body, headers=headers(body))

    assert answer.status_code == 400
    assert "error" in answer.json()
    assert receiver.kept == []


async def test_hostile_values_make_exactly_one_log_line(
    github: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Attack 71."""
    caplog.set_level(logging.INFO, "phaseline")
    action = 'x"\r\n{"what": "forged"}\x1b[31m\u2028\x7f'
    body = json.dumps({"action": action, "issue": {}}).encode()

    await github.post(PATH, content=body, headers=headers(body))

    (record,) = caplog.records
    line = JsonLines(Redaction([])).format(record)
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert line.isprintable()
    assert (json.loads(line)["said"], json.loads(line)["action"]) == ("delivery stored", action)
