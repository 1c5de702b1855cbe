"""A process that only imports what the service imports: the floor of its memory and its start."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import resident_mb

_SERVICE = (
    "app.cli.main",
    "app.main",
    "app.wiring.worker",
    "app.store.migrating",
    "uvicorn",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
_PROGRAM = f"import {', '.join(_SERVICE)}; print('imported', flush=True); input()"


@dataclass(frozen=True)
class Imports:
    """Imports what the service imports, from the same place."""

    environment: dict[str, str]
    folder: Path

    def seconds(self) -> float:
        """Return how long starting Python and importing takes, on the wall."""
        began = time.monotonic()
        with self._imported():
            return time.monotonic() - began

    def megabytes(self) -> float:
        """Return the resident memory of a process that has imported and does nothing."""
        with self._imported() as pid:
            return resident_mb(pid)

    @contextmanager
    def _imported(self) -> Iterator[int]:
        with subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment,
            cwd=self.folder,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"imported\n"
            try:
                yield process.pid
            finally:
                process.kill()
