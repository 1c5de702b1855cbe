"""The stand-in as a process of its own, so that tests can kill it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

import httpx

from app.cli.demo.ports import restartable_ports
from tests.rehearsal.github.standin import APP_ID, REPOSITORY, SECRET, Clock, Standin

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM = """
import sys
from pathlib import Path
from app.rehearsal.github.server import NO_FAULTS, AppRegistration, GitHubOptions
from app.rehearsal.github.server import HostedRepository, run
port, data, source, key, secret, url = sys.argv[1:]
app = AppRegistration(%d, Path(key), Path(secret), url)
run(GitHubOptions(int(port), Path(data), (HostedRepository("%s", Path(source)),), app, NO_FAULTS),
    lambda: None)
""" % (APP_ID, REPOSITORY)  # noqa: UP031 - braces of the program stay as they are


class Killable:
    """The stand-in as a process of its own."""

    def __init__(self, folder: Path, source: Path, key: Path, webhook_url: str) -> None:
        self.port = restartable_ports(1)[0]
        self._folder = folder
        secret = key.with_name("webhook-secret")
        secret.write_text(SECRET)
        self._key = key
        self._arguments = [
            str(self.port),
            str(folder),
            str(source),
            str(key),
            str(secret),
            webhook_url,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Standin:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen([sys.executable, "-c", _PROGRAM, *self._arguments])
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
        self._process.send_signal(number)
        return self._process.wait(15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process and self._process.poll() is None:
            self.stop(signal.SIGKILL)
