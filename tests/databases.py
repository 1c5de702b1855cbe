"""Databases of the newest schema for tests: migrated once in a process, then copied.

How a database is migrated is the affair of `tests/app/store`.
"""

import tempfile
from functools import cache
from pathlib import Path

from app.store.migrating import migrate


def migrated(path: Path) -> str:
    """Lay an empty SQLite database of the newest schema there and return its URL."""
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory(prefix="migrated-") as folder:
        path = Path(folder, "phaseline.db")
        migrate(f"sqlite:///{path}")
        # Nobody has it open: all of it is in the one file.
        return path.read_bytes()
