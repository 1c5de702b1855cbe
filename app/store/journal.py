"""The turns of sessions, what their tools put out, and what they cost.

Append-only, but for the price of a request: an estimate until its answer has come.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.store import ledger
from app.store.columns import Usd
from app.store.database import Database
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
from phases.core.session import Assignment, Json, LedgerEntry, Opening, Pending, Results, TurnRow

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

    async def begin(self, assignment: Assignment, opening: Opening) -> Allowance:
        """Put on record what a session begins with; return what the run may use.

        Raises:
            StaleSegmentError: when the session has begun already.
        """
        row = {"session": assignment.session, "run_id": assignment.run}
        told = {"own": list(opening.own), "earlier": opening.earlier}

        def add(connection: sa.Connection) -> Allowance:
            with _held_once(assignment):
                connection.execute(_ADD_OPENING, {**row, **told})
            return self._spending.allowance_in(connection, assignment.run)

        return await self._database.write_briefly(add)

    async def asks(
        self, assignment: Assignment, n: int, estimate: LedgerEntry, results: Results | None
    ) -> Pending:
        """Put a request on the ledger; with `results`, complete the row before it.

        Raises:
            StaleSegmentError: when the run does not run any more.
        """
        answer = None if results is None else self._answer(assignment, n - 1, results)

        def add(connection: sa.Connection) -> Pending:
            before = Decimal(0)
            if answer is None:
                before = ledger.spent_on_row(connection, assignment, n)
            else:
                _complete(connection, answer)
            with _held_once(assignment):
                return Pending(ledger.ask(connection, assignment, n, estimate), before)

        return await self._database.write_briefly(add)

    async def settle(self, assignment: Assignment, number: int, entry: LedgerEntry | None) -> None:
        """Put what a request has cost in the place of its estimate; None: nothing."""
        del assignment  # The number says enough.

        def settle(connection: sa.Connection) -> None:
            ledger.settle(connection, number, entry)

        await self._database.write_briefly(settle)

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        number: int,
        entry: LedgerEntry,
        seconds: float,
    ) -> Allowance:
        """Add a row and settle its request in one transaction; return what the run may still use.

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
            ledger.settle(connection, number, entry)
            touch(connection, assignment.run)
            return self._spending.allowance_in(connection, assignment.run)

        try:
            return await self._database.write_briefly(add)
        except StaleSegmentError:
            await self.settle(assignment, number, entry)
            raise

    async def results(self, assignment: Assignment, n: int, results: Results) -> None:
        """Complete a row with what answers its reply.

        Raises:
            StaleSegmentError: when the run does not run any more.
        """
        answer = self._answer(assignment, n, results)
        await self._database.write_briefly(lambda connection: _complete(connection, answer))

    def _answer(self, assignment: Assignment, n: int, results: Results) -> dict[str, Any]:
        return {
            "run": assignment.run,
            "session": assignment.session,
            "n": n,
            "results": list(results.blocks),
            "snapshot": results.snapshot,
            "at": self._clock.now(),
        }

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


def _complete(connection: sa.Connection, answer: dict[str, Any]) -> None:
    if connection.execute(_ADD_RESULT, answer).rowcount == 0:
        raise StaleSegmentError(f"run {answer['run']} has stopped")
