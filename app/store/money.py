"""What may still be spent: by a run, by a repository in a day, by the operator in a day."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from app.store.engine import Database
from app.store.tables import LedgerRow, RunRow
from phases.core.ports import Clock


@dataclass(frozen=True)
class DayLimits:
    """Bounds of a calendar day in UTC, in USD."""

    repository_usd: Decimal
    operator_usd: Decimal


class Spending:
    """The ledger's sums against the limits."""

    def __init__(self, database: Database, clock: Clock, limits: DayLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits

    async def spendable(self, run: str) -> Decimal:
        """Return what a run may spend now: the least of what the three limits leave."""
        today = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return await self._database.read(lambda connection: self._left(connection, run, today))

    def _left(self, connection: sa.Connection, run: str, today: datetime) -> Decimal:
        row = connection.execute(
            sa.select(RunRow.limit_usd, RunRow.repository_id).where(RunRow.id == run)
        ).one()
        since = LedgerRow.at >= today
        repository = LedgerRow.repository_id == row.repository_id
        limit: Decimal = row.limit_usd
        left = (
            limit - _sum(connection, LedgerRow.run_id == run),
            self._limits.repository_usd - _sum(connection, sa.and_(since, repository)),
            self._limits.operator_usd - _sum(connection, since),
        )
        return max(Decimal(0), min(left))


def _sum(connection: sa.Connection, where: sa.ColumnElement[bool]) -> Decimal:
    total = sa.func.sum(LedgerRow.cost, type_=LedgerRow.__table__.c.cost.type)
    return Decimal(connection.scalar(sa.select(total).where(where)) or 0)
