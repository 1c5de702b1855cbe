"""The inbox: deliveries as rows, taken in order by a worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.store.database import Database
from app.store.tables import DeliveryRow

NOT_DEALT_WITH = DeliveryRow.processed_at.is_(None)


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
        dialect = postgresql if database.url.startswith("postgresql:") else sqlite
        # Built once: a burst would spend most of its time on building it.
        self._adding = (
            dialect.insert(DeliveryRow).on_conflict_do_nothing().returning(DeliveryRow.id)
        )

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
        values = {
            "guid": guid,
            "event": event,
            "action": action,
            "body_sha256": body_sha256,
            "body": body,
            "received_at": received_at,
        }

        def add(connection: sa.Connection) -> bool:
            return connection.execute(self._adding, values).first() is not None

        return await self._database.write(add)

    async def waiting(
        self, limit: int, *, besides: frozenset[int] = frozenset()
    ) -> tuple[Received, ...]:
        """Return the oldest deliveries that nobody has dealt with, without these; oldest first."""

        def query(connection: sa.Connection) -> tuple[Received, ...]:
            rows = connection.execute(
                sa.select(
                    DeliveryRow.id,
                    DeliveryRow.guid,
                    DeliveryRow.event,
                    DeliveryRow.body,
                    DeliveryRow.received_at,
                )
                .where(NOT_DEALT_WITH, DeliveryRow.id.not_in(besides))
                .order_by(DeliveryRow.id)
                .limit(limit)
            )
            return tuple(Received(*row) for row in rows)

        return await self._database.read(query)

    async def lost(self, sent: Mapping[str, datetime]) -> frozenset[str]:
        """Return the GUIDs that are not on record, of what was sent since the first that is.

        What was sent before belongs to another database, which a recovery reads from GitHub.
        """
        guids = {guid.lower(): guid for guid in sent}
        known = sa.select(DeliveryRow.guid).where(DeliveryRow.guid.in_(guids))
        first = sa.select(DeliveryRow.received_at).order_by(DeliveryRow.id).limit(1)

        def read(connection: sa.Connection) -> frozenset[str]:
            began = connection.scalar(first)
            there = frozenset(connection.scalars(known))
            return frozenset(
                guid
                for stored, guid in guids.items()
                if began is not None and began <= sent[guid] and stored not in there
            )

        return await self._database.read(read)


def settle(connection: sa.Connection, delivery: int | None, outcome: str, now: datetime) -> None:
    """Note in a transaction that a delivery (if one brought the event) has been dealt with.

    Its body goes: it was only there to be read, and may tell of private code.
    """
    connection.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id == delivery)
        .values(processed_at=now, outcome=outcome, body=b"")
    )
