"""The lock beside an SQLite database: whoever holds it is the only worker that can be alive."""

import fcntl
import os
from pathlib import Path
from typing import Self


class AnotherWorkerError(Exception):
    """Another worker holds the lock; the message says what to do."""


class WorkerLock:
    """An advisory lock on a file; the kernel lets go of it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            AnotherWorkerError: when somebody has it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise AnotherWorkerError(
                f"Another worker uses this SQLite database ({self._path}). Stop it first; for "
                "several workers set PHASELINE_DATABASE_URL to a PostgreSQL database."
            ) from None
        return self

    def __exit__(self, *_exc: object) -> None:
        """Let go."""
        os.close(self._descriptor)
