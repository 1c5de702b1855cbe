"""Leases: who is alive, by the database's clock. Who stops renewing loses what it held."""

import sqlalchemy as sa

from app.store.database import Database
from app.store.moving import insert
from app.store.tables import LeaseRow

_POSTGRESQL_NOW = "extract(epoch from clock_timestamp())"
_SQLITE_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_KEPT_SECONDS = 3600


class Leases:
    """Named leases in the database; times are seconds of the database's own clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease for that long; False when somebody else holds it.

        Raises:
            TransientError: when the database does not answer.
        """

        def take(connection: sa.Connection) -> bool:
            now = _now(connection)
            values = {"holder": holder, "expires_at": now + seconds}
            free = sa.or_(LeaseRow.holder == holder, LeaseRow.expires_at <= now)
            statement = (
                insert(connection, LeaseRow)
                .values(name=name, **values)
                .on_conflict_do_update(index_elements=["name"], set_=values, where=free)
                .returning(LeaseRow.holder)
            )
            return connection.execute(statement).first() is not None

        return await self._database.write(take)

    async def release(self, holder: str) -> None:
        """Give up everything that a holder has."""
        statement = sa.delete(LeaseRow).where(LeaseRow.holder == holder)
        await self._database.write(lambda connection: connection.execute(statement))

    async def living(self, prefix: str) -> frozenset[str]:
        """Return the holders of unexpired leases whose names begin so; forget long dead ones."""

        def living(connection: sa.Connection) -> frozenset[str]:
            now = _now(connection)
            connection.execute(sa.delete(LeaseRow).where(LeaseRow.expires_at < now - _KEPT_SECONDS))
            query = sa.select(LeaseRow.holder).where(
                LeaseRow.name.startswith(prefix), LeaseRow.expires_at > now
            )
            return frozenset(connection.scalars(query))

        return await self._database.write(living)


def _now(connection: sa.Connection) -> float:
    clock = _POSTGRESQL_NOW if connection.dialect.name == "postgresql" else _SQLITE_NOW
    return float(connection.execute(sa.text(f"select {clock}")).scalar_one())
