"""Streaming frames, pacing and the request log over plain HTTP."""

import hashlib
import json
import time
from typing import Any

import httpx2

from tests.rehearsal.claude.conftest import TOOLS, Serve, Served

STEPS = """
  qa/debugger/1:
    - say: Looking around
      tools: [{bash: {command: ls}}]
"""
BODY: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 100,
    "stream": True,
    "tools": TOOLS,
    "messages": [{"role": "user", "content": "Go"}],
}
HEADERS = {
    "x-api-key": "a-key",
    "anthropic-version": "2026-10-21",
    "X-Phaseline-Step": "qa/debugger/1",
    "X-Phaseline-Run": "7",
    "X-Phaseline-Agent": "debugger",
}


def events(text: str) -> list[dict[str, Any]]:
    found = []
    for frame in text.strip().split("\n\n"):
        name, data = frame.split("\n")
        parsed = json.loads(data.removeprefix("data: "))
        assert parsed["type"] == name.removeprefix("event: ")
        found.append(parsed)
    return found


def wait_for_entry(served: Served) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        # The log stands a moment before its first line does.
        if served.log.exists() and (entries := served.entries()):
            return entries[0]
        time.sleep(0.01)
    raise AssertionError("nothing was logged")


def test_a_stream_is_framed_as_the_api_frames_it(serve: Serve) -> None:
    answer = httpx2.post(f"{serve(STEPS).url}/v1/messages", json=BODY, headers=HEADERS)

    found = events(answer.text)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [event["type"] for event in found] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert found[0]["message"]["content"] == []
    assert found[0]["message"]["stop_reason"] is None
    assert found[5]["content_block"]["input"] == {}
    assert found[6]["delta"] == {"type": "input_json_delta", "partial_json": ""}
    assert json.loads(found[7]["delta"]["partial_json"]) == {"command": "ls"}
    assert found[9]["delta"]["stop_reason"] == "tool_use"
    assert found[9]["usage"]["output_tokens"] > 1


def test_each_request_leaves_one_line_of_evidence(serve: Serve) -> None:
    served = serve(STEPS)
    content = json.dumps(BODY).encode()

    httpx2.post(f"{served.url}/v1/messages", content=content, headers=HEADERS)

    entry = wait_for_entry(served)
    assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert (entry["run"], entry["step"], entry["agent"]) == ("7", "qa/debugger/1", "debugger")
    assert (entry["attempt"], entry["turn"], entry["kind"]) == (1, 1, "message")
    assert (entry["status"], entry["streamed"], entry["disconnected"]) == (200, True, False)
    assert entry["usage"]["output_tokens"] > 0
    assert "a-key" not in served.log.read_text()


def test_a_client_that_leaves_in_the_middle_is_logged_as_gone(serve: Serve) -> None:
    served = serve(STEPS, latency=2.0)

    with (
        httpx2.Client() as client,
        client.stream("POST", f"{served.url}/v1/messages", json=BODY, headers=HEADERS) as answer,
    ):
        next(answer.iter_bytes())

    entry = wait_for_entry(served)
    assert entry["disconnected"] is True
    assert entry["seconds"] < 2


def test_a_body_beyond_the_cap_is_too_large(serve: Serve) -> None:
    answer = httpx2.post(
        f"{serve(STEPS).url}/v1/messages", content=b"[" * (32 * 1024 * 1024 + 1), headers=HEADERS
    )

    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "request_too_large"


def test_deeply_nested_json_is_a_clear_refusal(serve: Serve) -> None:
    answer = httpx2.post(f"{serve(STEPS).url}/v1/messages", content=b"[" * 200_000, headers=HEADERS)

    assert answer.status_code == 400
    assert "not valid JSON" in answer.json()["error"]["message"]
