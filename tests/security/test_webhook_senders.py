"""Deliveries that are forged, replayed or not meant for us. Numbers: the list of attacks."""

import logging

import httpx
import pytest

from tests.app.web.parts import GUID, MemoryReceiver, headers, sign
from tests.security.webhook import BODY, PATH, base_url, github, receiver, server_receiver

__all__ = ["base_url", "github", "receiver", "server_receiver"]

# One server for the module: each test finds its receiver empty.
pytestmark = pytest.mark.asyncio(loop_scope="module")


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


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_is_answered(method: str, github: httpx.AsyncClient) -> None:
    answer = await github.request(method, PATH)

    assert answer.status_code == 405
