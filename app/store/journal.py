"""The turns of sessions and what they cost; append-only."""

from decimal import Decimal

import sqlalchemy as sa

from app.store.engine import Database
from app.store.money import Spending
from app.store.moving import touch
from app.store.tables import LedgerRow, ResultRecord, RunRow, TurnRecord
from phases.core.errors import StaleSegmentError
from phases.core.machine import RunState
from phases.core.ports import Clock
from phases.core.session import Assignment, Json, LedgerEntry, TurnRow


class StoredJournal:
    """The rows of sessions, over the database."""

    def __init__(self, database: Database, clock: Clock, spending: Spending) -> None:
        self._database = database
        self._clock = clock
        self._spending = spending

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        """Return the rows of a session by `n`, from 0."""
        query = (
            sa.select(
                TurnRecord.n,
                TurnRecord.request_sha256,
                TurnRecord.reply,
                ResultRecord.results,
                ResultRecord.snapshot,
                LedgerRow.cost,
                TurnRecord.seconds,
            )
            .join(
                LedgerRow,
                sa.and_(LedgerRow.session == TurnRecord.session, LedgerRow.n == TurnRecord.n),
            )
            .outerjoin(
                ResultRecord,
                sa.and_(ResultRecord.session == TurnRecord.session, ResultRecord.n == TurnRecord.n),
            )
            .where(TurnRecord.session == session)
            .order_by(TurnRecord.n)
        )

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
                )
                for row in connection.execute(query)
            )

        return await self._database.read(read)

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        entry: LedgerEntry,
        seconds: float,
    ) -> None:
        """Add a row and its ledger entry in one transaction.

        A paid reply is kept even when the run has just been cancelled: money spent is on record.

        Raises:
            StaleSegmentError: when the session has that row already.
        """
        now = self._clock.now()

        def add(connection: sa.Connection) -> None:
            try:
                connection.execute(
                    sa.insert(TurnRecord).values(
                        session=assignment.session,
                        n=n,
                        run_id=assignment.run,
                        request_sha256=request_sha256,
                        reply=reply,
                        seconds=seconds,
                        at=now,
                    )
                )
            except sa.exc.IntegrityError as error:
                reason = f"somebody else holds the session {assignment.session}"
                raise StaleSegmentError(reason) from error
            connection.execute(_ledger(assignment, n, entry))
            touch(connection, assignment.run)

        await self._database.write(add)

    async def results(
        self, assignment: Assignment, n: int, results: tuple[Json, ...], snapshot: str | None
    ) -> None:
        """Complete a row with what answers its reply.

        Raises:
            StaleSegmentError: when the run does not run any more.
        """
        now = self._clock.now()

        def add(connection: sa.Connection) -> None:
            query = sa.select(RunRow.state).where(RunRow.id == assignment.run)
            if connection.scalar(query) != RunState.RUNNING:
                raise StaleSegmentError(f"run {assignment.run} has stopped")
            connection.execute(
                sa.insert(ResultRecord).values(
                    session=assignment.session,
                    n=n,
                    results=list(results),
                    snapshot=snapshot,
                    at=now,
                )
            )

        await self._database.write(add)

    async def spendable(self, run: str) -> Decimal:
        """Return what run, repository and operator have left to spend now, in USD."""
        return await self._spending.spendable(run)


def _ledger(assignment: Assignment, n: int, entry: LedgerEntry) -> sa.Insert:
    repository = sa.select(RunRow.repository_id).where(RunRow.id == assignment.run)
    tokens = entry.tokens
    return sa.insert(LedgerRow).values(
        run_id=assignment.run,
        repository_id=repository.scalar_subquery(),
        session=assignment.session,
        n=n,
        name=str(assignment.name),
        model=entry.model,
        uncached=tokens.uncached,
        written_5m=tokens.written_5m,
        written_1h=tokens.written_1h,
        read=tokens.read,
        output=tokens.output,
        cost=entry.cost_usd,
        prices=entry.prices,
        retries=entry.retries,
        latency_ms=entry.latency_ms,
        request_id=entry.request_id,
        at=entry.at,
    )
