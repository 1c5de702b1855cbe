"""Snapshots of checkouts as packs, so that a run can go on where its directory does not exist.

It keeps bytes; what is in a pack is the workspace's affair.
"""

import sqlalchemy as sa

from app.store.database import Database
from app.store.moving import insert
from app.store.tables import PackRow

# A run that has more than this goes on from its last pushed commit on another machine.
MOST_BYTES_OF_RUN = 200 << 20


class StoredPacks:
    """The packs of runs that are under way."""

    def __init__(self, database: Database, most_bytes: int) -> None:
        self._database = database
        self._most_bytes = most_bytes

    async def keep(self, run: str, work: str, tree: str, pack: bytes) -> bool:
        """Keep the pack that makes a tree whole; False when the run has no room left for it."""
        taken = sa.select(sa.func.coalesce(sa.func.sum(PackRow.size), 0)).where(
            PackRow.run_id == run
        )
        row = {"run_id": run, "work": work, "tree": tree, "size": len(pack), "pack": pack}

        def keep(connection: sa.Connection) -> bool:
            if int(connection.execute(taken).scalar_one()) + len(pack) > self._most_bytes:
                return False
            connection.execute(insert(connection, PackRow).values(row).on_conflict_do_nothing())
            return True

        return await self._database.write(keep)

    async def trees(self, run: str, work: str) -> tuple[str, ...]:
        """Return the trees that are kept of a piece of work, oldest first."""
        query = sa.select(PackRow.tree).where(*_of(run, work)).order_by(PackRow.id)
        return await self._database.read(lambda connection: tuple(connection.scalars(query).all()))

    async def packs(self, run: str, work: str) -> tuple[bytes, ...]:
        """Return the packs of a piece of work, oldest first: each may build on those before it."""
        query = sa.select(PackRow.pack).where(*_of(run, work)).order_by(PackRow.id)
        return await self._database.read(lambda connection: tuple(connection.scalars(query).all()))


def _of(run: str, work: str) -> tuple[sa.ColumnElement[bool], ...]:
    return PackRow.run_id == run, PackRow.work == work


def drop_packs_of_work(connection: sa.Connection, run: str, work: str) -> None:
    """Let go of what a piece of work needed until it was accepted."""
    connection.execute(sa.delete(PackRow).where(*_of(run, work)))


def drop_packs_of_run(connection: sa.Connection, run: str) -> None:
    """Let go of everything of a run that is over."""
    connection.execute(sa.delete(PackRow).where(PackRow.run_id == run))
