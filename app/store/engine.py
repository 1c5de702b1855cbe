"""Engines for SQLite and PostgreSQL, as the store and the durable library need them."""

import time
from typing import Any

import sqlalchemy as sa
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import event

READERS = 4
BUSY_MS = 30_000
WAL_PAUSE_SECONDS = 0.01
# Nothing of ours thinks between two statements of a transaction: who does stands still.
STANDSTILL_MS = 5_000
LINK = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""How long a server that has vanished from the net is waited for; in seconds, the last in ms."""


def make_engine(url: str, *, begin: str) -> sa.Engine:
    """Return an engine for `sqlite:///PATH` or `postgresql://…`.

    On SQLite every transaction begins as told (`DEFERRED` or `IMMEDIATE`), in WAL mode, on the
    SQLite that pysqlite3 brings: the one of the distribution may corrupt a WAL (below 3.51.3).
    """
    if url.startswith("postgresql://"):
        return _make_postgresql_engine(url)
    return _make_sqlite_engine(url, begin, READERS + 1, f"busy_timeout={BUSY_MS}")


def make_brief_engine(url: str) -> sa.Engine | None:
    """Return an engine whose transactions wait for nothing: no lock and no disk; None if none can.

    Only SQLite has it, on one connection. A transaction begins or fails at once (`is_taken`), and
    what it writes stays in the log until another engine's next commit puts it into the file.
    """
    if url.startswith("postgresql://"):
        return None
    return _make_sqlite_engine(url, "IMMEDIATE", 1, "busy_timeout=0", "wal_autocheckpoint=0")


def is_taken(error: sa.exc.DBAPIError) -> bool:
    """Tell whether a transaction did not begin because somebody else writes to the file."""
    # The last byte is the error, what stands before it the circumstances.
    code: int = getattr(error.orig, "sqlite_errorcode", sqlite.SQLITE_OK)
    return bool(code & 0xFF == sqlite.SQLITE_BUSY)


def _make_sqlite_engine(url: str, begin: str, connections: int, *pragmas: str) -> sa.Engine:
    engine = sa.create_engine(url, module=sqlite, pool_size=connections, max_overflow=0)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (*pragmas, "foreign_keys=on", "synchronous=normal"):
            connection.execute(f"pragma {pragma}").close()
        _enter_wal_mode(connection)

    def begun(connection: Any) -> None:
        connection.driver_connection.execute(f"BEGIN {begin}").close()

    # The event "begin" would do as well. But an engine with any event of that kind looks through
    # all of them at every statement, which makes a transaction of the journal a sixth longer.
    engine.dialect.do_begin = begun  # type: ignore[method-assign, assignment]
    return engine


def _make_postgresql_engine(url: str) -> sa.Engine:
    """Return an engine whose sessions end when they stand still in a transaction.

    A worker that is frozen there, with its machine or by a signal, keeps rows locked that whoever
    takes over has to write. What the URL says of the link counts before `LINK`.
    """
    address = sa.make_url(url.replace("postgresql://", "postgresql+psycopg://", 1))
    link = {name: value for name, value in LINK.items() if name not in address.query}
    engine = sa.create_engine(address, connect_args=link, pool_size=READERS + 1, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.execute(f"set idle_in_transaction_session_timeout = {STANDSTILL_MS}")
        connection.commit()

    return engine


def make_durable_engine(url: str) -> sa.Engine:
    """Return the engine that the durable library works on, with a clock in milliseconds.

    On Python 3.11 it asks SQLite for `strftime('%s', 'now')`, whole seconds; here that is finer.
    """
    if url.startswith("postgresql://"):
        return make_engine(url, begin="DEFERRED")
    engine = sa.create_engine(url, module=sqlite, pool_size=20, max_overflow=0)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in (f"busy_timeout={BUSY_MS}", "synchronous=normal"):
            connection.execute(f"pragma {pragma}").close()
        _enter_wal_mode(connection)
        connection.create_function("strftime", 2, lambda _form, _when: round(time.time(), 3))

    return engine


def _enter_wal_mode(connection: Any) -> None:
    # Of two that open a new file at once SQLite may refuse one without its busy_timeout, since
    # both hold a lock that the other waits for. The mode stays in the file: one of them sets it.
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("pragma journal_mode=wal").close()
        except sqlite.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(WAL_PAUSE_SECONDS)
        else:
            return
