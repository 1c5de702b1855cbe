"""What is not kept for ever: transcripts of old runs; all of a repository that is gone."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.store.deliveries import settle
from app.store.engine import Database
from app.store.tables import (
    LedgerRow,
    NoteRow,
    OutputRow,
    OutwardRow,
    PassageRow,
    RepositoryRow,
    ResultRecord,
    RunRow,
    TurnRecord,
    WorkRow,
)
from phases.core.events import Removed
from phases.core.machine import OVER
from phases.core.ports import Clock

_OF_RUNS = (OutputRow, TurnRecord, LedgerRow, NoteRow, PassageRow, WorkRow, OutwardRow)


class Retention:
    """Forgets, in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget_transcripts(self, before: datetime) -> int:
        """Delete what agents said in runs that were over before; return how many runs that were.

        What they made, what it cost and what was decided stays.
        """
        old = sa.select(RunRow.id).where(
            RunRow.state.in_(sorted(OVER)),
            RunRow.ended_at < before,
            sa.exists().where(TurnRecord.run_id == RunRow.id),
        )

        def forget(connection: sa.Connection) -> int:
            runs = connection.scalars(old).all()
            _forget_turns(connection, runs)
            return len(runs)

        return await self._database.write(forget)

    async def over(self, runs: Sequence[str], before: datetime) -> frozenset[str]:
        """Return those of the runs that were over before, or that nobody knows."""
        mine = sa.select(RunRow.id, RunRow.state, RunRow.ended_at).where(RunRow.id.in_(runs))

        def read(connection: sa.Connection) -> frozenset[str]:
            kept = {
                row.id
                for row in connection.execute(mine)
                if row.state not in OVER or row.ended_at is None or row.ended_at >= before
            }
            return frozenset(runs) - kept

        return await self._database.read(read)

    async def forget(self, delivery: int | None, removed: Removed) -> int:
        """Delete everything of repositories that the App may not see any more.

        Return how many runs that were. The delivery is dealt with.
        """
        now = self._clock.now()

        def forget(connection: sa.Connection) -> int:
            gone = RepositoryRow.installation == removed.installation
            if removed.repositories is not None:
                gone = sa.and_(gone, RepositoryRow.id.in_(removed.repositories))
            repositories = connection.scalars(sa.select(RepositoryRow.id).where(gone)).all()
            mine = sa.select(RunRow.id).where(RunRow.repository_id.in_(repositories))
            runs = connection.scalars(mine).all()
            _forget_turns(connection, runs)
            for table in _OF_RUNS:
                connection.execute(sa.delete(table).where(table.run_id.in_(runs)))
            for rows in (OutwardRow, RunRow):
                connection.execute(sa.delete(rows).where(rows.repository_id.in_(repositories)))
            connection.execute(sa.delete(RepositoryRow).where(RepositoryRow.id.in_(repositories)))
            settle(connection, delivery, f"forgot {len(repositories)} repositories", now)
            return len(runs)

        return await self._database.write(forget)


def _forget_turns(connection: sa.Connection, runs: Sequence[str]) -> None:
    sessions = sa.select(TurnRecord.session).where(TurnRecord.run_id.in_(runs))
    connection.execute(sa.delete(ResultRecord).where(ResultRecord.session.in_(sessions)))
    for table in (OutputRow, TurnRecord):
        connection.execute(sa.delete(table).where(table.run_id.in_(runs)))
