"""The stand-in as a process of its own, so that tests can kill it."""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Self

import httpx

from app.cli.demo.ports import restartable_ports
from tests.rehearsal.github.standin import APP_ID, REPOSITORY, SECRET, Clock, Standin

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forking import Forked, ForkServer


class Killable:
    """The stand-in as a process of its own."""

    def __init__(
        self, forks: ForkServer, folder: Path, source: Path, key: Path, webhook_url: str
    ) -> None:
        self._forks = forks
        self.port = restartable_ports(1)[0]
        self._folder = folder
        secret = key.with_name("webhook-secret")
        secret.write_text(SECRET)
        self._key = key
        self._words = (
            *("rehearse", "github", "--port", str(self.port), "--data", str(folder)),
            *("--repo", f"{REPOSITORY}={source}", "--app-id", str(APP_ID)),
            *("--private-key", str(key), "--webhook-secret-file", str(secret)),
            *("--webhook-url", webhook_url),
        )
        self._process: Forked | None = None

    def start(self) -> Standin:
        """Start it and wait until it answers."""
        log = self._key.with_name("standin.log")
        self._process = self._forks.start(self._words, os.environ, log.parent, log)
        deadline = time.monotonic() + 30
        while True:
            assert self._process.poll() is None, "the stand-in ended"
            assert time.monotonic() < deadline, "the stand-in does not answer"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.02)
        httpx.get(
            f"http://127.0.0.1:{self.port}/api/v3/meta",
            headers={"User-Agent": "tests"},
            trust_env=False,
        )
        return Standin(self._folder, self._key, Clock())

    def stop(self, number: signal.Signals) -> int:
        """Send it a signal and wait for its end."""
        assert self._process
        self._forks.signal(self._process.pid, number)
        return self._process.wait(15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process and self._process.poll() is None:
            self.stop(signal.SIGKILL)
