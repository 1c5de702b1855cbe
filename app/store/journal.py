"""The turns of sessions, what their tools put out, and what they cost.

Append-only, but for the price of a request that is on record before it was sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from app.store.columns import Usd
from app.store.engine import Database
from app.store.money import Spending
from app.store.moving import insert, touch
from app.store.tables import (
    LedgerRow,
    OpeningRow,
    OutputRow,
    ResultRecord,
    RunRow,
    Table,
    TurnRecord,
)
from phases.core.allowance import Allowance
from phases.core.errors import StaleSegmentError
from phases.core.machine import RunState
from phases.core.ports import Clock
from phases.core.session import Assignment, Json, LedgerEntry, Opening, TurnRow

MOST_OUTPUT_BYTES_OF_RUN = 100 << 20
"""Whole outputs of tools beyond that are not kept; one has at most 10 MB."""

_COSTS = (
    sa.select(LedgerRow.n, sa.func.sum(LedgerRow.__table__.c.cost, type_=Usd()).label("cost"))
    .where(LedgerRow.session == sa.bindparam("session"))
    .group_by(LedgerRow.n)
    .subquery()
)
_TURNS = (
    sa.select(
        TurnRecord.n,
        TurnRecord.request_sha256,
        TurnRecord.reply,
        ResultRecord.results,
        ResultRecord.snapshot,
        _COSTS.c.cost,
        TurnRecord.seconds,
        TurnRecord.at,
    )
    .join(_COSTS, _COSTS.c.n == TurnRecord.n)
    .outerjoin(
        ResultRecord,
        sa.and_(ResultRecord.session == TurnRecord.session, ResultRecord.n == TurnRecord.n),
    )
    .where(TurnRecord.session == sa.bindparam("session"))
    .order_by(TurnRecord.n)
)

# Made once: building a statement costs more than running it.
_TABLES = Table.metadata.tables
_ADD_OPENING = sa.insert(_TABLES["opening"])
_ADD_TURN = sa.insert(_TABLES["turn"])
_RUNS = sa.select(RunRow.id).where(
    RunRow.id == sa.bindparam("run"), RunRow.state == RunState.RUNNING.value
)
_RESULT_COLUMNS = ("session", "n", "results", "snapshot", "at")
_RESULT = _TABLES["turn_result"]
_ADD_RESULT = (
    sa.insert(_RESULT)
    .from_select(
        _RESULT_COLUMNS,
        sa.select(
            *(sa.bindparam(name, type_=_RESULT.c[name].type) for name in _RESULT_COLUMNS)
        ).where(_RUNS.exists()),
    )
    .execution_options(preserve_rowcount=True)
)
_ADD_COST = sa.insert(_TABLES["ledger"]).values(
    repository_id=sa.select(RunRow.repository_id)
    .where(RunRow.id == sa.bindparam("run"))
    .scalar_subquery()
)


class StoredJournal:
    """The rows of sessions, over the database."""

    def __init__(self, database: Database, clock: Clock, spending: Spending) -> None:
        self._database = database
        self._clock = clock
        self._spending = spending

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        """Return the rows of a session by `n`, from 0."""

        def read(connection: sa.Connection) -> tuple[TurnRow, ...]:
            return tuple(
                TurnRow(
                    n=row.n,
                    request_sha256=row.request_sha256,
                    reply=row.reply,
                    results=None if row.results is None else tuple(row.results),
                    snapshot=row.snapshot,
                    cost_usd=row.cost,
                    seconds=row.seconds,
                    at=row.at,
                )
                for row in connection.execute(_TURNS, {"session": session})
            )

        return await self._database.read(read)

    async def opening(self, session: str) -> Opening | None:
        """Return what a session began with, or None for one that has not begun."""
        query = sa.select(OpeningRow.own, OpeningRow.earlier).where(OpeningRow.session == session)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else Opening(tuple(row.own), row.earlier)

    async def begin(self, assignment: Assignment, opening: Opening) -> None:
        """Put on record what a session begins with.

        Raises:
            StaleSegmentError: when the session has begun already.
        """
        row = {"session": assignment.session, "run_id": assignment.run}
        told = {"own": list(opening.own), "earlier": opening.earlier}

        def add(connection: sa.Connection) -> None:
            with _held_once(assignment):
                connection.execute(_ADD_OPENING, {**row, **told})

        await self._database.write(add)

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        entry: LedgerEntry,
        seconds: float,
    ) -> Allowance:
        """Add a row and its ledger entry in one transaction; return what the run may still use.

        A paid reply is kept even when the run has just been cancelled: money spent is on record.

        Raises:
            StaleSegmentError: when the session has that row already.
        """
        row = {
            "session": assignment.session,
            "n": n,
            "run_id": assignment.run,
            "request_sha256": request_sha256,
            "reply": reply,
            "seconds": seconds,
            "at": self._clock.now(),
        }

        def add(connection: sa.Connection) -> Allowance:
            with _held_once(assignment):
                connection.execute(_ADD_TURN, row)
            _pay(connection, assignment, n, 0, entry)
            touch(connection, assignment.run)
            return self._spending.allowance_in(connection, assignment.run)

        return await self._database.write(add)

    async def paid(self, assignment: Assignment, n: int, entry: LedgerEntry) -> int:
        """Add what a request that makes no row costs, behind row `n`; return its number."""
        query = sa.select(sa.func.max(LedgerRow.beat)).where(
            LedgerRow.session == assignment.session, LedgerRow.n == n
        )

        def add(connection: sa.Connection) -> int:
            beat = (connection.scalar(query) or 0) + 1
            _pay(connection, assignment, n, beat, entry)
            return beat

        return await self._database.write(add)

    async def corrected(
        self, assignment: Assignment, n: int, number: int, entry: LedgerEntry | None
    ) -> None:
        """Put what a request has cost in the place of what was expected; None: it was refused."""
        row = sa.delete(LedgerRow).where(
            LedgerRow.session == assignment.session, LedgerRow.n == n, LedgerRow.beat == number
        )

        def correct(connection: sa.Connection) -> None:
            connection.execute(row)
            if entry is not None:
                _pay(connection, assignment, n, number, entry)

        await self._database.write(correct)

    async def results(
        self, assignment: Assignment, n: int, results: tuple[Json, ...], snapshot: str | None
    ) -> None:
        """Complete a row with what answers its reply.

        Raises:
            StaleSegmentError: when the run does not run any more.
        """
        row = {
            "run": assignment.run,
            "session": assignment.session,
            "n": n,
            "results": list(results),
            "snapshot": snapshot,
            "at": self._clock.now(),
        }

        def add(connection: sa.Connection) -> None:
            if connection.execute(_ADD_RESULT, row).rowcount == 0:
                raise StaleSegmentError(f"run {assignment.run} has stopped")

        await self._database.write(add)

    async def keep_output(self, assignment: Assignment, n: int, call: int, text: str) -> bool:
        """Keep the whole output of a call, counted from 0, of row `n`; the last one counts.

        False when the run has kept MOST_OUTPUT_BYTES_OF_RUN already.
        """
        key = {"session": assignment.session, "n": n, "call": call}
        values = {"run_id": assignment.run, "text": text.encode(), "at": self._clock.now()}

        taken = sa.select(sa.func.coalesce(sa.func.sum(sa.func.length(OutputRow.text)), 0)).where(
            OutputRow.run_id == assignment.run
        )

        def keep(connection: sa.Connection) -> bool:
            if int(connection.execute(taken).scalar_one()) >= MOST_OUTPUT_BYTES_OF_RUN:
                return False
            connection.execute(
                insert(connection, OutputRow)
                .values(**key, **values)
                .on_conflict_do_update(index_elements=list(key), set_=values)
            )
            return True

        return await self._database.write(keep)

    async def output(self, session: str, n: int, call: int) -> str | None:
        """Return a kept output."""
        query = sa.select(OutputRow.text).where(
            OutputRow.session == session, OutputRow.n == n, OutputRow.call == call
        )
        text = await self._database.read(lambda connection: connection.scalar(query))
        return None if text is None else text.decode()

    async def allowance(self, run: str) -> Allowance:
        """Return what a run may use now."""
        return await self._spending.allowance(run)


@contextmanager
def _held_once(assignment: Assignment) -> Iterator[None]:
    """Let a row that is there already mean that somebody else holds the session."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        reason = f"somebody else holds the session {assignment.session}"
        raise StaleSegmentError(reason) from error


def _pay(
    connection: sa.Connection, assignment: Assignment, n: int, beat: int, entry: LedgerEntry
) -> None:
    tokens = entry.tokens
    connection.execute(
        _ADD_COST,
        {
            "run": assignment.run,
            "run_id": assignment.run,
            "session": assignment.session,
            "n": n,
            "beat": beat,
            "name": str(assignment.name),
            "model": entry.model,
            "iterations": entry.iterations,
            "uncached": tokens.uncached,
            "written_5m": tokens.written_5m,
            "written_1h": tokens.written_1h,
            "read": tokens.read,
            "output": tokens.output,
            "cost": entry.cost_usd,
            "prices": entry.prices,
            "retries": entry.retries,
            "latency_ms": entry.latency_ms,
            "request_id": entry.request_id,
            "at": entry.at,
        },
    )
