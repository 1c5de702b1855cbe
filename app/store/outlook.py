"""Whether anything waits to be done, asked by one short statement: it is asked all the time.

What exactly waits is found by whoever does it; nothing that they would find is missing here.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from app.store.columns import Moment
from app.store.database import Database
from app.store.deliveries import NOT_DEALT_WITH
from app.store.outbox import NOT_SHOWN, NOT_STANDING
from app.store.runs import UNDER_WAY
from app.store.tables import DeliveryRow, OutwardRow, RunRow
from phases.core.ports import Clock

_NOW = sa.bindparam("now", type_=Moment())
# Built once: building it takes longer than the database takes to answer.
_QUESTION = sa.select(
    sa.exists(sa.select(DeliveryRow.id).where(NOT_DEALT_WITH)),
    sa.exists(
        sa.select(RunRow.id).where(sa.or_(RunRow.state.in_(UNDER_WAY), RunRow.wakes_at <= _NOW))
    ),
    sa.exists(sa.select(RunRow.id).where(NOT_SHOWN)),
    sa.exists(
        sa.select(OutwardRow.id).where(
            NOT_STANDING, sa.or_(OutwardRow.next_at.is_(None), OutwardRow.next_at <= _NOW)
        )
    ),
)


@dataclass(frozen=True)
class Ahead:
    """Of what kinds something waits: deliveries, segments, trackers to show, things to send."""

    deliveries: bool
    segments: bool
    trackers: bool
    outbox: bool


class Outlook:
    """What lies ahead of a worker."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def ahead(self) -> Ahead:
        """Return of what kinds something waits.

        Raises:
            TransientError: when the database does not answer.
        """
        now = {"now": self._clock.now()}
        row = await self._database.read(lambda connection: connection.execute(_QUESTION, now).one())
        return Ahead(*map(bool, row))
