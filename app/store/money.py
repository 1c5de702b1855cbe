"""What a run may still use: money of its own, of its repository and of the operator, and patience.

It only adds up; whoever spends is held to it by the session.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.store.columns import Moment, Usd
from app.store.database import Database
from app.store.tables import CommandRow, LedgerRow, RunRow, WorkRow
from phases.core.allowance import Allowance, Bound, Limit
from phases.core.model import ACCEPTED
from phases.core.ports import Clock


@dataclass(frozen=True)
class SpendingLimits:
    """Bounds in USD and seconds.

    Those of a day hold for a calendar day in UTC; the idle ones for what is used since something of
    a run was last accepted or committed, or a person last let it go on. Idle time counts from where
    the run went on by itself, too: nobody was at work while it waited.
    """

    repository_day_usd: Decimal
    operator_day_usd: Decimal
    idle_usd: Decimal
    idle_seconds: float


# Made once: building a statement costs more than running it.
_RUN = sa.select(
    RunRow.limit_usd,
    RunRow.repository_id,
    RunRow.created_at,
    RunRow.asked_at,
    RunRow.resumed_at,
    sa.select(sa.func.max(WorkRow.ended_at, type_=Moment()))
    .where(WorkRow.run_id == RunRow.id, WorkRow.outcome.in_(sorted(ACCEPTED)))
    .scalar_subquery()
    .label("accepted_at"),
    sa.select(sa.func.max(CommandRow.at, type_=Moment()))
    .where(CommandRow.run_id == RunRow.id)
    .scalar_subquery()
    .label("ordered_at"),
).where(RunRow.id == sa.bindparam("run"))


def _sum(*only: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    cost: sa.ColumnElement[Any] = LedgerRow.__table__.c.cost
    if only:
        cost = sa.case((sa.and_(*only), cost), else_=None)
    return sa.func.sum(cost, type_=Usd())


_OF_RUN = (
    sa.select(
        _sum().label("whole"),
        _sum(LedgerRow.at >= sa.bindparam("since", type_=Moment())).label("idle"),
    )
    .where(LedgerRow.run_id == sa.bindparam("run"))
    .subquery()
)
_OF_DAY = (
    sa.select(
        _sum().label("operator"),
        _sum(LedgerRow.repository_id == sa.bindparam("repository")).label("repository"),
    )
    .where(LedgerRow.at >= sa.bindparam("today", type_=Moment()))
    .subquery()
)
# Each of the two is one row.
_USED = sa.select(_OF_RUN, _OF_DAY).join_from(_OF_RUN, _OF_DAY, sa.true())


class Spending:
    """The ledger's sums against the limits."""

    def __init__(self, database: Database, clock: Clock, limits: SpendingLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits

    async def allowance(self, run: str) -> Allowance:
        """Return what a run may use now."""
        return await self._database.read(lambda connection: self.allowance_in(connection, run))

    def allowance_in(self, connection: sa.Connection, run: str) -> Allowance:
        """Return what a run may use, within a transaction that is open."""
        now = self._clock.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        row = connection.execute(_RUN, {"run": run}).one()
        # What a run spends between two outages brings it no further: only a person lifts that.
        paid = _latest(row.accepted_at, row.asked_at, row.ordered_at) or row.created_at
        since = _latest(row.accepted_at, row.resumed_at) or now
        asked = {"run": run, "since": paid, "today": today, "repository": row.repository_id}
        used = connection.execute(_USED, asked).one()
        limits = self._limits
        bounds = (
            _bound(Limit.RUN_USD, row.limit_usd, used.whole),
            _bound(Limit.DAY_USD, limits.repository_day_usd, used.repository),
            _bound(Limit.OPERATOR_DAY_USD, limits.operator_day_usd, used.operator),
            _bound(Limit.IDLE_USD, limits.idle_usd, used.idle),
            _bound(
                Limit.IDLE_SECONDS,
                Decimal(limits.idle_seconds),
                Decimal((now - since).total_seconds()),
            ),
        )
        return Allowance(bounds, (today + timedelta(days=1) - now).total_seconds())


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _bound(limit: Limit, whole: Decimal, used: Decimal | None) -> Bound:
    return Bound(limit, whole, max(Decimal(0), whole - (used or Decimal(0))))
