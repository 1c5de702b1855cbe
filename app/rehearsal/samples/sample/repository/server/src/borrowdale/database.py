"""The SQLite file: opening it, bringing its schema up to date, and transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MIGRATIONS = Path(__file__).parent / "migrations"


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the database, or one in memory when there is no path."""
    connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def migrate(connection: sqlite3.Connection) -> None:
    """Apply the migrations that the database has not seen yet, in order."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    for number, path in enumerate(sorted(_MIGRATIONS.glob("*.sql")), start=1):
        if number > version:
            connection.executescript(
                f"BEGIN; {path.read_text()}; PRAGMA user_version = {number}; COMMIT;"
            )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make what happens inside happen as a whole or not at all, with nobody writing in between."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
