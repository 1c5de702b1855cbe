"""One database, one writer: reads from a small pool, writes from one thread, committed in groups.

Never more than one thread of ours competes for SQLite's write lock, and requests share commits. A
brief change that finds SQLite idle is written by whoever asks, as the writer's stand-in.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import sqlalchemy as sa

from app.store.engine import READERS, is_taken, make_brief_engine, make_engine
from phases.core.errors import TransientError

T = TypeVar("T")
Change = Callable[[sa.Connection], T]
MOST_PER_COMMIT = 256
AWAY_SECONDS = 5.0
NOT_TAKEN = "did not take a write"


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
        self._brief = make_brief_engine(url)
        self._turn = threading.Lock()
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
        for engine in (self._writing, self._reading, self._brief):
            if engine is not None:
                engine.dispose()

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

    async def write_briefly(self, change: Change[T]) -> T:
        """Run a change of a few rows as `write` does; at once when nobody is writing.

        On SQLite two changes of thread take longer than such a change. What would have to wait for
        others goes the way of `write`, as everything does on PostgreSQL.

        Raises:
            TransientError: as `write` does.
        """
        if self._brief is not None and self._queue.empty() and self._turn.acquire(blocking=False):
            try:
                return _write_now(self._brief, change)
            except _TakenError:
                pass
            finally:
                self._turn.release()
        return await self.write(change)

    def _read(self, query: Callable[[sa.Connection], T]) -> T:
        try:
            with self._reading.connect() as connection, connection.begin():
                return query(connection)
        except sa.exc.DBAPIError as error:
            if not _is_away(error):
                raise
            raise _passing("did not answer", error) from error

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
            with self._turn:
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
            away = _passing(NOT_TAKEN, error)
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


class _TakenError(Exception):
    """Somebody else writes at this moment, in another thread or process."""


def _write_now(engine: sa.Engine, change: Change[T]) -> T:
    try:
        with engine.connect() as connection, connection.begin():
            return change(connection)
    except sa.exc.DBAPIError as error:
        # Only where it begins: from there on the file is locked for it.
        if is_taken(error):
            raise _TakenError from error
        if not _is_away(error):
            raise
        raise _passing(NOT_TAKEN, error) from error


def _passing(what: str, error: sa.exc.DBAPIError) -> TransientError:
    return TransientError(f"the database {what}: {error.orig}", AWAY_SECONDS)


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
