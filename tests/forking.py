"""Processes forked from one that has imported everything, as a test sees them.

Each is a process like any other: its own id, session, environment, directory and log. It performs
the entry point of `phaseline` with the arguments it would get on the command line.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.cli.demo.processes import TETHER

ROOT = Path(__file__).parents[1]
PHASELINE = "app.cli.main:main"
UP_SECONDS = 60.0
RUN_SECONDS = 120.0


@dataclass(frozen=True)
class Start:
    """What a process performs (`module:function` and the words after the program), and where."""

    entry: str
    words: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    output: Path
    errors: Path


class Forked:
    """A forked process, with the methods of `subprocess.Popen`."""

    def __init__(self, pid: int, server: "ForkServer") -> None:
        self.pid = pid
        self._server = server
        self._over = threading.Event()
        self._status: int | None = None

    def poll(self) -> int | None:
        """Return its status when it has ended; it is negative for a signal."""
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its status.

        Raises:
            subprocess.TimeoutExpired: it is still there.
        """
        if not self._over.wait(timeout) or self._status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return self._status

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self._server.signal(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self._server.signal(self.pid, signal.SIGKILL)

    def has_ended(self, status: int) -> None:
        """Take note of its end."""
        self._status = status
        self._over.set()


class ForkServer:
    """The process that has everything imported, and the processes it has forked."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._begun: queue.SimpleQueue[Forked | None] = queue.SimpleQueue()
        self._living: dict[int, Forked] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._begun.get(timeout=UP_SECONDS)

    def fork(self, start: Start) -> Forked:
        """Fork a process."""
        self._order(
            {
                "start": start.entry,
                "argv": ["phaseline", *start.words],
                "environment": dict(start.environment),
                "cwd": str(start.directory),
                "output": str(start.output),
                "errors": str(start.errors),
            }
        )
        forked = self._begun.get(timeout=UP_SECONDS)
        assert forked is not None, "the fork server has ended; its log says why"
        return forked

    def start(
        self, words: Sequence[str], environment: Mapping[str, str], directory: Path, log: Path
    ) -> Forked:
        """Fork `phaseline WORDS`; what it says is in `log`."""
        return self.fork(Start(PHASELINE, tuple(words), environment, directory, log, log))

    def run(
        self, words: Sequence[str], environment: Mapping[str, str], directory: Path
    ) -> "subprocess.CompletedProcess[str]":
        """Run `phaseline WORDS` to its end, at most two minutes."""
        with tempfile.TemporaryDirectory(prefix="forked-") as folder:
            said = Path(folder, "output"), Path(folder, "errors")
            forked = self.fork(Start(PHASELINE, tuple(words), environment, directory, *said))
            status = forked.wait(RUN_SECONDS)
            output, errors = (path.read_text() for path in said)
        return subprocess.CompletedProcess(words, status, output, errors)

    def signal(self, pid: int, number: int) -> None:
        """Send a process a signal, unless it has ended."""
        self._order({"signal": int(number), "pid": pid})

    def close(self) -> None:
        """End the process and whatever it has forked."""
        _pipe(self._process.stdin).close()
        self._process.wait(UP_SECONDS)
        self._listener.join(UP_SECONDS)
        _pipe(self._process.stdout).close()

    def _order(self, order: dict[str, Any]) -> None:
        pipe = _pipe(self._process.stdin)
        pipe.write(json.dumps(order).encode() + b"\n")
        pipe.flush()

    def _listen(self) -> None:
        for line in _pipe(self._process.stdout):
            words = json.loads(line)
            if "ended" in words:
                self._living.pop(words["ended"]).has_ended(words["status"])
            elif "pid" in words:
                forked = Forked(words["pid"], self)
                self._living[forked.pid] = forked
                self._begun.put(forked)
            else:
                self._begun.put(None)
        # Whoever asks it for something now is told at once.
        self._begun.put(None)
        for forked in self._living.values():
            forked.has_ended(-signal.SIGKILL)


@contextmanager
def fork_server(log: Path) -> Iterator[ForkServer]:
    """Run a fork server, which says what goes wrong in `log`; it dies with this process."""
    tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
    foreign = ("PHASELINE_", "ANTHROPIC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*tether, sys.executable, "-m", "tests.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=kept,
            cwd=ROOT,
        )
    server = ForkServer(process)
    try:
        yield server
    finally:
        server.close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
