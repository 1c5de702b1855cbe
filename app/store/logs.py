"""Whole outputs of checks and tools, kept by their hash."""

from hashlib import sha256

import sqlalchemy as sa

from app.store.database import Database
from app.store.moving import insert
from app.store.tables import LogRow
from phases.core.ports import Clock


class StoredLogs:
    """Outputs that receipts and sessions refer to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, text: str) -> str:
        """Keep an output and return its SHA-256 in hex."""
        data = text.encode()
        digest = sha256(data).hexdigest()
        now = self._clock.now()

        def keep(connection: sa.Connection) -> None:
            statement = insert(connection, LogRow).values(sha256=digest, text=data, at=now)
            # It is as young as whoever refers to it last.
            seen = statement.on_conflict_do_update(index_elements=["sha256"], set_={"at": now})
            connection.execute(seen)

        await self._database.write(keep)
        return digest

    async def find(self, digest: str) -> bytes | None:
        """Return the output of that hash, if it is kept."""
        query = sa.select(LogRow.text).where(LogRow.sha256 == digest)
        return await self._database.read(lambda connection: connection.scalar(query))
