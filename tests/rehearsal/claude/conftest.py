"""A scripted Claude on a loopback port, and clients for it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest
import uvicorn

from app.cli.demo.loopback import no_certificates
from app.rehearsal.claude.log import RequestLog
from app.rehearsal.claude.reading import read_script
from app.rehearsal.claude.server import create_app

TOOLS: list[Any] = [
    {"type": "bash_20250124", "name": "bash"},
    {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
    {
        "name": "submit",
        "description": "End the session.",
        "input_schema": {
            "type": "object",
            "additionalProperties": False,
            "required": ["outcome", "summary", "findings"],
            "properties": {
                "outcome": {"type": ["string", "null"]},
                "summary": {"type": ["string", "null"]},
                "findings": {
                    "anyOf": [
                        {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["id", "line"],
                                "properties": {
                                    "id": {"type": "string"},
                                    "line": {"type": ["integer", "null"]},
                                },
                            },
                        },
                        {"type": "null"},
                    ]
                },
            },
        },
    },
]


@dataclass(frozen=True)
class Served:
    url: str
    log: Path
    open: ExitStack

    def client(self, step: str, **headers: str) -> anthropic.Anthropic:
        client = anthropic.Anthropic(
            api_key="a-key-of-no-account",
            base_url=self.url,
            max_retries=0,
            default_headers={"X-Phaseline-Step": step, **headers},
        )
        return self.open.enter_context(client)

    def post(self, body: dict[str, Any], **headers: str) -> httpx2.Response:
        standard = {"x-api-key": "a-key", "anthropic-version": "2023-06-01"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.post(
            f"{self.url}/v1/messages",
            json=body,
            headers={name: value for name, value in (standard | named).items() if value},
            verify=no_certificates(),
        )

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


Serve = Callable[..., Served]


def write_script(folder: Path, steps: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(f"version: 1\ntitle: A small thing\nsteps:\n{steps}")
    return path


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    running: list[tuple[uvicorn.Server, threading.Thread, socket.socket]] = []
    clients = ExitStack()

    def start(steps: str, latency: float = 0.0) -> Served:
        script = read_script(write_script(tmp_path, steps))
        log = tmp_path / "requests.jsonl"
        app = create_app(script, latency, RequestLog(log))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        running.append((server, thread, listener))
        return Served(f"http://127.0.0.1:{listener.getsockname()[1]}", log, clients)

    yield start
    clients.close()
    for server, thread, listener in running:
        server.should_exit = True
        thread.join()
        listener.close()
