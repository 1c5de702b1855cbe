"""What is not kept for ever: transcripts of old runs; all of a repository that is gone."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.store.database import Database
from app.store.deliveries import settle
from app.store.tables import (
    LogRow,
    OpeningRow,
    OutputRow,
    OutwardRow,
    RepositoryRow,
    ResultRecord,
    RunRow,
    Table,
    TurnRecord,
    WorkRow,
)
from phases.core.events import Removed
from phases.core.machine import OVER
from phases.core.ports import Clock

# Whatever belongs to a run, what refers to others first.
_OF_RUNS = tuple(
    table for table in reversed(Table.metadata.sorted_tables) if "run_id" in table.columns
)


class Retention:
    """Forgets, in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget_transcripts(self, before: datetime) -> int:
        """Delete what agents said in runs that were over before; return how many runs that were.

        Whole outputs that nothing has referred to since go too. What agents made, what it cost and
        what was decided stays.
        """
        old = sa.select(RunRow.id).where(
            RunRow.state.in_(sorted(OVER)),
            RunRow.ended_at < before,
            sa.exists().where(TurnRecord.run_id == RunRow.id),
        )

        def forget(connection: sa.Connection) -> int:
            runs = connection.scalars(old).all()
            _forget_turns(connection, runs)
            connection.execute(sa.delete(LogRow).where(LogRow.at < before))
            return len(runs)

        return await self._database.write(forget)

    async def strangers(self, repositories: Sequence[int]) -> frozenset[int]:
        """Return those of the repositories that the App does not know (any more)."""
        mine = sa.select(RepositoryRow.id).where(RepositoryRow.id.in_(repositories))
        return frozenset(repositories) - await self._database.read(
            lambda connection: frozenset(connection.scalars(mine))
        )

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
            _forget_outputs(connection, runs)
            _forget_turns(connection, runs)
            for table in _OF_RUNS:
                connection.execute(sa.delete(table).where(table.c.run_id.in_(runs)))
            for rows in (OutwardRow, RunRow):
                connection.execute(sa.delete(rows).where(rows.repository_id.in_(repositories)))
            connection.execute(sa.delete(RepositoryRow).where(RepositoryRow.id.in_(repositories)))
            settle(connection, delivery, f"forgot {len(repositories)} repositories", now)
            return len(runs)

        return await self._database.write(forget)


def _forget_outputs(connection: sa.Connection, runs: Sequence[str]) -> None:
    """Delete the whole outputs of checks: others that printed the very same lose them too."""
    works = sa.select(WorkRow.receipts).where(WorkRow.run_id.in_(runs))
    receipts = (receipt for found in connection.scalars(works) for receipt in found or ())
    hashes = sorted({receipt["log_sha256"] for receipt in receipts})
    connection.execute(sa.delete(LogRow).where(LogRow.sha256.in_(hashes)))


def _forget_turns(connection: sa.Connection, runs: Sequence[str]) -> None:
    sessions = sa.select(TurnRecord.session).where(TurnRecord.run_id.in_(runs))
    connection.execute(sa.delete(ResultRecord).where(ResultRecord.session.in_(sessions)))
    for table in (OutputRow, OpeningRow, TurnRecord):
        connection.execute(sa.delete(table).where(table.run_id.in_(runs)))
