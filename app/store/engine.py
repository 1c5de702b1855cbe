"""One database, one writer: reads from a small pool, writes from one thread, committed in groups.

Never more than one thread of ours competes for SQLite's write lock, and requests share commits.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import event

from phases.core.errors import TransientError

T = TypeVar("T")
Change = Callable[[sa.Connection], T]
MOST_PER_COMMIT = 256
READERS = 4
BUSY_MS = 30_000
WAL_PAUSE_SECONDS = 0.01
AWAY_SECONDS = 5.0
# Nothing of ours thinks between two statements of a transaction: who does stands still.
STANDSTILL_MS = 5_000


def make_engine(url: str, *, begin: str) -> sa.Engine:
    """Return an engine for `sqlite:///PATH` or `postgresql://…`.

    On SQLite every transaction begins as told (`DEFERRED` or `IMMEDIATE`), in WAL mode, on the
    SQLite that pysqlite3 brings: the one of the distribution may corrupt a WAL (below 3.51.3).
    """
    if url.startswith("postgresql://"):
        return _make_postgresql_engine(url)
    engine = sa.create_engine(url, module=sqlite, pool_size=READERS + 1, max_overflow=0)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_MS}", "foreign_keys=on", "synchronous=normal"):
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
    takes over has to write.
    """
    psycopg = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = sa.create_engine(psycopg, pool_size=READERS + 1, pool_pre_ping=True)

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


@dataclass(frozen=True)
class _Waiting:
    change: Change[Any]
    future: asyncio.Future[Any]


@dataclass(frozen=True)
class _Done:
    """What came of a change: a result, or the error that its caller is told."""

    future: asyncio.Future[Any]
    result: Any
    error: Exception | None

    def tell(self) -> None:
        """Wake the caller, unless it has gone."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Database:
    """Transactions for the rooms' repositories; open it before use, close it after."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._writing = make_engine(url, begin="IMMEDIATE")
        self._reading = make_engine(url, begin="DEFERRED")
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._writer = threading.Thread(target=self._write_forever, name="writer", daemon=True)

    async def __aenter__(self) -> Self:
        """Start the writer."""
        self._writer.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Let what was queued be written, then close."""
        self._queue.put(None)
        # Not the loop's own threads: the durable library takes those with it when it stops.
        await asyncio.get_running_loop().run_in_executor(self._readers, self._writer.join)
        await asyncio.get_running_loop().run_in_executor(self._readers, self._settle)
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()

    def _settle(self) -> None:
        """Leave one whole file behind instead of a file and its log."""
        if self._writing.dialect.name == "sqlite":
            with self._writing.connect() as connection:
                connection.connection.execute("pragma wal_checkpoint(truncate)").close()

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in a transaction of its own and return what it returns.

        Raises:
            TransientError: when the database does not answer.
        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    async def write(self, change: Change[T]) -> T:
        """Run a change, commit it with others that wait, and return what it returned.

        What the change raises is raised here, and nothing of it is kept.

        Raises:
            TransientError: when the database does not answer, or its disk is full.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(change, future))
        return await future

    def _read(self, query: Callable[[sa.Connection], T]) -> T:
        try:
            with self._reading.connect() as connection, connection.begin():
                return query(connection)
        except sa.exc.DBAPIError as error:
            if not _is_away(error):
                raise
            reason = f"the database did not answer: {error.orig}"
            raise TransientError(reason, AWAY_SECONDS) from error

    def _write_forever(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            ended = False
            while len(batch) < MOST_PER_COMMIT and not self._queue.empty():
                waiting = self._queue.get()
                if waiting is None:
                    ended = True
                    break
                batch.append(waiting)
            self._write_batch(batch)
            if ended:
                return

    def _write_batch(self, batch: list[_Waiting]) -> None:
        done: list[_Done] = []
        try:
            with self._writing.connect() as connection, connection.begin() as transaction:
                if len(batch) == 1:
                    done.append(self._write_alone(connection, transaction, batch[0]))
                else:
                    # One by one: what came of those before a failure is told as it was.
                    done.extend(self._write_one(connection, waiting) for waiting in batch)
        except sa.exc.DBAPIError as error:
            away = TransientError(f"the database did not take a write: {error.orig}", AWAY_SECONDS)
            failed = {each.future: each for each in done if each.error is not None}
            done = [failed.get(each.future) or _Done(each.future, None, away) for each in batch]
        _tell(done)

    @staticmethod
    def _write_alone(
        connection: sa.Connection, transaction: sa.Transaction, waiting: _Waiting
    ) -> _Done:
        """Write what has the transaction to itself: it needs no savepoint of its own."""
        try:
            return _Done(waiting.future, waiting.change(connection), None)
        except Exception as error:
            # Whatever else it is belongs to its caller.
            if _is_away(error):
                raise
            transaction.rollback()
            return _Done(waiting.future, None, error)

    @staticmethod
    def _write_one(connection: sa.Connection, waiting: _Waiting) -> _Done:
        connection.exec_driver_sql("SAVEPOINT change")
        try:
            result = waiting.change(connection)
        except Exception as error:
            # Whatever else it is belongs to its caller.
            if _is_away(error):
                raise
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT change")
            return _Done(waiting.future, None, error)
        connection.exec_driver_sql("RELEASE SAVEPOINT change")
        return _Done(waiting.future, result, None)


def _is_away(error: Exception) -> bool:
    """Tell whether the database did not answer, or has ended the session."""
    away = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
    return away or (isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated)


def _tell(done: list[_Done]) -> None:
    """Wake the callers of a batch, those of one event loop by one call into it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
    for each in done:
        by_loop.setdefault(each.future.get_loop(), []).append(each)
    for loop, its in by_loop.items():
        # A loop that has closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell_all, its)


def _tell_all(done: list[_Done]) -> None:
    for each in done:
        each.tell()
