import sqlite3
from pathlib import Path

import pytest

from borrowdale.database import connect, migrate, transaction


def test_a_database_is_migrated_once(tmp_path: Path) -> None:
    connection = connect(tmp_path / "shelf.db")
    migrate(connection)
    connection.execute("INSERT INTO tools (name, notes) VALUES ('Ladder', '')")

    migrate(connection)

    assert connection.execute("SELECT count(*) FROM tools").fetchone()[0] == 1
    connection.close()


def test_a_transaction_that_fails_leaves_nothing_behind(connection: sqlite3.Connection) -> None:
    def add_and_stumble() -> None:
        with transaction(connection):
            connection.execute("INSERT INTO tools (name, notes) VALUES ('Ladder', '')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_stumble()

    assert connection.execute("SELECT count(*) FROM tools").fetchone()[0] == 0
