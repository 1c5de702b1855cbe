"""A webhook's receiver for tests: it keeps what it is sent and answers as it is told."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One delivery."""

    event: str
    headers: dict[str, str]
    raw: bytes

    @property
    def payload(self) -> dict[str, Any]:
        """The payload."""
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def name(self) -> str:
        """Event and action, `issues.labeled`."""
        action = self.payload.get("action")
        return f"{self.event}.{action}" if action else self.event


class Receiver:
    """Listens on a free loopback port."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 202
        self._changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                found = Received(self.headers["X-GitHub-Event"], dict(self.headers.items()), raw)
                with outer._changed:
                    outer.received.append(found)
                    outer._changed.notify_all()
                self.send_response(outer.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhooks/github"

    def wait_for(self, count: int) -> list[Received]:
        """Wait until so many deliveries have come, at most ten seconds, and give all of them."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= count, 10), self.names()
            return list(self.received)

    def wait_for_name(self, name: str) -> Received:
        """Wait for a delivery by event and action."""
        with self._changed:
            assert self._changed.wait_for(lambda: name in self.names(), 10), (name, self.names())
            return next(item for item in self.received if item.name == name)

    def names(self) -> list[str]:
        """What has come, by event and action."""
        return [item.name for item in self.received]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
