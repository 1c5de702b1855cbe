"""The inbox: deliveries as rows, taken in order by a worker."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.engine import Database
from app.store.moving import insert
from app.store.tables import DeliveryRow


@dataclass(frozen=True)
class Received:
    """A stored delivery that nobody has dealt with yet."""

    id: int
    guid: str
    event: str
    body: bytes
    received_at: datetime


class Deliveries:
    """Stored webhook deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        *,
        guid: str,
        event: str,
        action: str | None,
        body_sha256: str,
        body: bytes,
        received_at: datetime,
    ) -> bool:
        """Store a delivery; False when its GUID or its body is there already.

        Raises:
            TransientError: when the database does not take it.
        """

        def add(connection: sa.Connection) -> bool:
            statement = (
                insert(connection, DeliveryRow)
                .values(
                    guid=guid,
                    event=event,
                    action=action,
                    body_sha256=body_sha256,
                    body=body,
                    received_at=received_at,
                )
                .on_conflict_do_nothing()
                .returning(DeliveryRow.id)
            )
            return connection.execute(statement).first() is not None

        return await self._database.write(add)

    async def waiting(self, limit: int) -> tuple[Received, ...]:
        """Return the oldest deliveries that nobody has dealt with, oldest first."""

        def query(connection: sa.Connection) -> tuple[Received, ...]:
            rows = connection.execute(
                sa.select(
                    DeliveryRow.id,
                    DeliveryRow.guid,
                    DeliveryRow.event,
                    DeliveryRow.body,
                    DeliveryRow.received_at,
                )
                .where(DeliveryRow.processed_at.is_(None))
                .order_by(DeliveryRow.id)
                .limit(limit)
            )
            return tuple(Received(*row) for row in rows)

        return await self._database.read(query)


def settle(connection: sa.Connection, delivery: int | None, outcome: str, now: datetime) -> None:
    """Note in a transaction that a delivery (if one brought the event) has been dealt with."""
    connection.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id == delivery)
        .values(processed_at=now, outcome=outcome)
    )
