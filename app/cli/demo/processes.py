"""The demo's child processes: start, health, end. Which ones there are is the stage's affair."""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx2

from app.cli.demo.loopback import no_certificates
from app.cli.demo.ports import HOST
from app.cli.demo.trouble import DemoError

TETHER = Path(__file__).with_name("tether.py")
PAUSE = 0.05
TAIL_LINES = 20
START_PATIENCE = 60.0
END_PATIENCE = 15.0


class Process(Protocol):
    """A process as `subprocess.Popen` has it; whoever started it says how it came to be."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def poll(self) -> int | None:
        """Return its status when it has ended; it is negative for a signal."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its status; raise TimeoutExpired when it stays longer."""

    def terminate(self) -> None:
        """Send it SIGTERM."""

    def kill(self) -> None:
        """Send it SIGKILL."""


@dataclass(frozen=True)
class Child:
    """One running child: what it is called for people, its process, its log."""

    name: str
    process: Process
    log: Path

    def check(self) -> None:
        """Raise DemoError with the end of its log when it has ended."""
        status = self.process.poll()
        if status is not None:
            raise DemoError(
                f"{self.name} has ended (status {status}). The end of its log {self.log}:\n\n"
                f"{_tail(self.log)}\n\nStart the demo again on the same directory: it goes on."
            )

    def end(self) -> None:
        """End it: SIGTERM, and SIGKILL when that does not help."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(END_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> Child:
    """Start `phaseline ARGUMENTS` so that it dies with this process; output goes to `log`."""
    program = str(Path(sysconfig.get_path("scripts")) / "phaseline")
    tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*tether, program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            # A directory without `.env`: what the demo does not set stays at its default.
            cwd=log.parent,
            # Ctrl-C in the terminal reaches the demo alone, which ends its children in order.
            start_new_session=True,
        )
    return Child(name, process, log)


def wait_until_healthy(child: Child, url: str) -> None:
    """Wait until `url` answers 200.

    Raises:
        DemoError: the child ended, or does not get healthy in time.
    """
    deadline = time.monotonic() + START_PATIENCE
    with httpx2.Client(timeout=5, trust_env=False, verify=no_certificates()) as client:
        while time.monotonic() < deadline:
            child.check()
            with suppress(httpx2.TransportError):
                if client.get(url).is_success:
                    return
            time.sleep(PAUSE)
    raise DemoError(
        f"{child.name} does not answer at {url}. The end of its log {child.log}:\n\n"
        f"{_tail(child.log)}"
    )


def demand_free(name: str, port: int, patience: float) -> None:
    """Wait until `port` is free, at most `patience` seconds.

    Raises:
        DemoError: another program keeps it.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with socket.create_server((HOST, port)):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise DemoError(
                    f"Port {port} on {HOST}, where this demo's {name} lives, is taken by another"
                    " program. End that program, or give another --data (ports are chosen once"
                    " for each directory)."
                ) from error
        time.sleep(PAUSE)


def end_on_signals() -> None:
    """Make SIGTERM end the demo as Ctrl-C does, so that it ends its children in order.

    A shell starts background jobs with SIGINT ignored; a demo listens to it there too.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 16_384, 0))
        text = file.read().decode(errors="replace")
    lines = text.rstrip().splitlines()[-TAIL_LINES:]
    return "\n".join(f"    {line}" for line in lines) or "    (empty)"
