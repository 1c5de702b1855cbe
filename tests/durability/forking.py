"""Services forked from a process that has imported everything, as a test sees them."""

import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.cli.demo.processes import TETHER
from tests.durability.watch import Plan

ROOT = Path(__file__).parents[2]
UP_SECONDS = 60.0


@dataclass(frozen=True)
class Ended:
    """A service that has ended; its status is negative for a signal."""

    pid: int
    status: int


class ForkServer:
    """The process that has everything imported, and the services it has forked."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._ends: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*tether, sys.executable, "-m", "tests.durability.fork_server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment | {"PYTHONPATH": str(ROOT)},
                cwd=ROOT,
            )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._answers.get(timeout=UP_SECONDS)

    def begin(self, environment: dict[str, str], log: Path, plan: Plan, role: str = "both") -> int:
        """Fork a service, or its `web` side or a worker (`work`) alone; return its process id."""
        order = {"environment": environment, "log": str(log), "plan": asdict(plan), "role": role}
        self._order(order)
        return int(self._answers.get(timeout=UP_SECONDS)["pid"])

    def import_what(self, modules: Path) -> None:
        """Import what a service had imported when it ended, before the next one is forked."""
        self._order({"modules": str(modules)})
        self._answers.get(timeout=UP_SECONDS)

    def ended(self, seconds: float) -> Ended | None:
        """Wait that long for a service to end."""
        try:
            return self._ends.get(timeout=seconds)
        except queue.Empty:
            return None

    def close(self) -> None:
        """End the process and whatever it has forked."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(UP_SECONDS)
        self._listener.join(UP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _order(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order, default=str).encode() + b"\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            words = json.loads(line)
            if "ended" in words:
                self._ends.put(Ended(words["ended"], words["status"]))
            else:
                self._answers.put(words)
