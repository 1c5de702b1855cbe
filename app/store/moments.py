"""Moments on a run's record: each lies behind all that are there, whatever the clocks say.

What began before what is read off them. The clocks of workers differ, and are set; the order of
what is on record must not follow them.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.store.columns import Moment
from app.store.tables import CommandRow, PassageRow, Table, WorkRow

_LEAST = timedelta(microseconds=1)


def _latest(table: type[Table], column: str) -> sa.Select[tuple[datetime]]:
    rows = table.__table__.c
    latest = sa.func.max(rows[column], type_=Moment())
    return sa.select(latest.label("moment")).where(rows.run_id == sa.bindparam("run"))


# Made once: building a statement costs more than running it.
_MOMENTS = sa.union_all(
    _latest(WorkRow, "started_at"),
    _latest(WorkRow, "ended_at"),
    _latest(PassageRow, "entered_at"),
    _latest(PassageRow, "passed_at"),
    _latest(CommandRow, "at"),
)


def behind_all(connection: sa.Connection, run: str, now: datetime) -> datetime:
    """Return `now`, or the least moment behind everything that is on record of a run."""
    latest: list[datetime | None] = list(connection.scalars(_MOMENTS, {"run": run}))
    return max(now, *(moment + _LEAST for moment in latest if moment), now)
