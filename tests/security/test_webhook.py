"""The webhook under attack, over real HTTP. Numbers are those of the list of attacks."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from app.cli.demo.loopback import no_certificates
from app.telemetry.logs import JsonLines
from app.telemetry.redaction import Redaction
from app.web.body import BodyLimits
from tests.app.github.deliveries import labelled
from tests.app.serving import served
from tests.app.web.parts import GUID, MemoryReceiver, application, headers, sign

PATH = "/webhooks/github"
BODY = json.dumps(labelled()).encode()
SMALL = BodyLimits(most_bytes=64 * 1024, most_seconds=0.3)


# One server for the module: each test finds its receiver empty.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def server_receiver() -> MemoryReceiver:
    return MemoryReceiver()


@pytest.fixture
def receiver(server_receiver: MemoryReceiver) -> MemoryReceiver:
    server_receiver.kept.clear()
    server_receiver.broken = False
    return server_receiver


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def base_url(server_receiver: MemoryReceiver) -> AsyncIterator[str]:
    async with served(application(server_receiver, limits=SMALL)) as base:
        yield base


@pytest_asyncio.fixture(loop_scope="module")
async def github(base_url: str, receiver: MemoryReceiver) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=base_url, trust_env=False, verify=no_certificates()
    ) as client:
        yield client


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


async def test_a_signed_delivery_is_stored_byte_for_byte(
    github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    answer = await github.post(PATH, content=BODY, headers=headers(BODY))

    assert (answer.status_code, answer.json()) == (202, {"status": "stored"})
    assert [(d.guid, d.event, d.action, d.body) for d in receiver.kept] == [
        (GUID, "issues", "labeled", BODY)
    ]


FORGED = {
    "missing": None,
    "empty": "",
    "random": "sha256=" + "ab" * 32,
    "of another body": sign(b"{}"),
    "by another secret": sign(BODY, "another secret of more than 32 bytes"),
    "sha1": "sha1=" + "ab" * 20,
    "upper case": "sha256=" + sign(BODY)[7:].upper(),
    "bare": sign(BODY)[7:],
    "cut": sign(BODY)[:-1],
    "with a tail": sign(BODY) + " ",
    "of two": f"{sign(BODY)},{sign(BODY)}",
}


@pytest.mark.parametrize("kind", FORGED)
async def test_a_forged_delivery_is_401_and_neither_stored_nor_logged(
    kind: str,
    github: httpx.AsyncClient,
    receiver: MemoryReceiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Attack 1."""
    caplog.set_level(logging.DEBUG)
    signature = FORGED[kind]
    # A client may strip blanks around a value; this one must arrive as it is.
    signature = signature.replace(" ", "%20") if signature else signature

    answer = await github.post(
        PATH, content=BODY, headers=headers(BODY, x_hub_signature_256=signature)
    )

    assert answer.status_code == 401
    assert receiver.kept == []
    assert "Add due dates" not in caplog.text


async def test_a_signature_beyond_ascii_is_401(github: httpx.AsyncClient) -> None:
    """Attack 1."""
    named = [(k.encode(), v.encode()) for k, v in headers(BODY, x_hub_signature_256=None).items()]
    odd = [*named, (b"x-hub-signature-256", "sha256=é".encode())]

    answer = await github.post(PATH, content=BODY, headers=odd)

    assert answer.status_code == 401


async def test_a_bad_signature_is_refused_before_json_is_parsed(github: httpx.AsyncClient) -> None:
    """Attack 1."""
    wrong = headers(b"x", x_hub_signature_256="sha256=" + "0" * 64)

    answer = await github.post(PATH, content=b"not json", headers=wrong)

    assert answer.status_code == 401


async def test_a_replayed_delivery_is_202_and_stored_once(
    github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    """Attack 3: the same id, the same id in capitals, the same body under a new id."""
    guids = [GUID, GUID, GUID.upper(), GUID.replace("7", "8")]

    answers = [
        await github.post(PATH, content=BODY, headers=headers(BODY, x_github_delivery=guid))
        for guid in guids
    ]

    assert [answer.status_code for answer in answers] == [202] * 4
    assert [answer.json()["status"] for answer in answers] == ["stored", *["duplicate"] * 3]
    assert len(receiver.kept) == 1


async def test_a_payload_under_another_events_name_is_400(
    github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    """Attack 4: the event header is not signed."""
    body = b'{"action": "created", "pull_request": {}}'

    answer = await github.post(PATH, content=body, headers=headers(body))

    assert answer.status_code == 400
    assert answer.json() == {"error": "this is no issues payload: issue is missing"}
    assert receiver.kept == []


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


@pytest.mark.parametrize(
    "changes",
    [
        {"x_github_event": None},
        {"x_github_event": ""},
        {"x_github_event": "Issues"},
        {"x_github_event": "issues;drop"},
        {"x_github_event": "i" * 65},
        {"x_github_delivery": None},
        {"x_github_delivery": ""},
        {"x_github_delivery": "../../etc/passwd"},
        {"x_github_delivery": "a" * 65},
    ],
)
async def test_missing_or_malformed_names_are_400(
    changes: dict[str, str | None], github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    answer = await github.post(PATH, content=BODY, headers=headers(BODY, **changes))

    assert answer.status_code == 400
    assert receiver.kept == []


async def test_a_delivery_meant_for_another_app_is_202_and_ignored(
    github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    """Attack 9."""
    foreign = headers(BODY, x_github_hook_installation_target_id="999")

    answer = await github.post(PATH, content=BODY, headers=foreign)

    assert answer.status_code == 202
    assert answer.json()["status"].startswith("ignored")
    assert receiver.kept == []


async def test_a_store_that_is_down_is_503_so_that_the_delivery_counts_as_failed(
    github: httpx.AsyncClient, receiver: MemoryReceiver
) -> None:
    receiver.broken = True

    answer = await github.post(PATH, content=BODY, headers=headers(BODY))

    assert answer.status_code == 503
    assert "locked" not in answer.text


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


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_is_answered(method: str, github: httpx.AsyncClient) -> None:
    answer = await github.request(method, PATH)

    assert answer.status_code == 405
