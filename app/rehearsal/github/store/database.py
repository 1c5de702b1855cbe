"""The SQLite file and the one thread that touches it.

Whatever runs there runs alone, in one transaction.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import pysqlite3.dbapi2
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

# Importing the tables registers them with Row.metadata.
from app.rehearsal.github.store import apps, checks, hooks, issues, people, pulls, repositories
from app.rehearsal.github.store.base import FIRST_ID, Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Engine

__all__ = ["Database", "apps", "checks", "hooks", "issues", "people", "pulls", "repositories"]

T = TypeVar("T")


class Database:
    """One connection to the file in WAL mode, used by one thread.

    Requests are served strictly one after another.
    """

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    async def transact(self, work: Callable[[Session], T]) -> T:
        """Run `work` on the store's thread in a transaction of its own.

        What it raises rolls back and is raised here.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._transaction, work
        )

    def transact_now(self, work: Callable[[Session], T]) -> T:
        """Do the same for a caller without an event loop."""
        return self._thread.submit(self._transaction, work).result()

    def prepare(self) -> None:
        """Create the tables that are missing."""
        self._thread.submit(_create, self._engine).result()

    def close(self) -> None:
        """Wait for what is under way and let the file go."""
        self._thread.shutdown(wait=True)
        self._engine.dispose()

    def _transaction(self, work: Callable[[Session], T]) -> T:
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            return work(session)


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        module=pysqlite3.dbapi2,
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        # Transactions begin below, not when the driver thinks of it: savepoints need that.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _create(engine: Engine) -> None:
    Row.metadata.create_all(engine)
    counted = [
        t.name for t in Row.metadata.tables.values() if t.dialect_options["sqlite"]["autoincrement"]
    ]
    with engine.begin() as connection:
        known = {name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_sequence")}
        for name in counted:
            if name not in known:
                connection.exec_driver_sql(
                    "INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)", (name, FIRST_ID - 1)
                )
