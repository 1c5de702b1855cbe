"""Our comments as people alter them: looked up, written again, left alone. Nothing is judged here.

What a comment should say is never changed by what it says.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.store.database import Database
from app.store.deliveries import settle
from app.store.moving import note, repository_of
from app.store.run_rows import RUNS, run_of
from app.store.tables import OutwardRow, RepositoryRow, RunRow
from phases.core.machine import RunState
from phases.core.model import Run
from phases.core.outward import OutwardItem, OutwardKind, Place, Shown, StandingComments
from phases.core.ports import Clock
from phases.restoring import Restoration, deletion

LEFT_ALONE = "people deleted it again"
_OVER = (RunState.CANCELLED, RunState.CLOSED)


class ShownComments:
    """The comments of runs that stand on GitHub."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, repository: int, comment: int) -> tuple[Run, Shown] | None:
        """Return a comment by GitHub's id, with its run; None when it is no run's."""
        mine = sa.select(OutwardRow).where(
            OutwardRow.repository_id == repository,
            OutwardRow.remote_id == comment,
            OutwardRow.kind == OutwardKind.COMMENT,
            OutwardRow.run_id.is_not(None),
        )

        def read(connection: sa.Connection) -> tuple[Run, Shown] | None:
            row = connection.execute(mine).first()
            if row is None:
                return None
            run = run_of(connection.execute(RUNS.where(RunRow.id == row.run_id)).one())
            return run, Shown(
                run.id,
                row.key,
                row.deletions,
                row.repairs,
                row.body_sha256,
                row.attempted_at is not None,
            )

        return await self._database.read(read)

    async def restore(
        self, delivery: int | None, comment: int, shown: Shown, what: Restoration
    ) -> None:
        """Have a comment written again, or left alone, and note it; the delivery is dealt with.

        One that has got another id meanwhile was written again already.
        """
        now = self._clock.now()
        values: dict[str, Any] = {"posted_sha256": None} if what.write else {}
        if what.gone:
            values |= {"deletions": OutwardRow.deletions + 1, "remote_id": None, "url": None}
            values |= {} if what.write else {"refused": LEFT_ALONE}
        elif what.note:
            values |= {"repairs": OutwardRow.repairs + 1}
        mine = sa.and_(
            OutwardRow.run_id == shown.run,
            OutwardRow.key == shown.key,
            OutwardRow.remote_id == comment,
        )

        def restore(connection: sa.Connection) -> None:
            done = connection.execute(sa.update(OutwardRow).where(mine).values(**values))
            if done.rowcount and what.note:
                note(connection, shown.run, "", what.note, now)
            settle(connection, delivery, what.note or "written again", now)

        await self._database.write(restore)

    async def standing(self, after: str, runs: int) -> tuple[str, tuple[StandingComments, ...]]:
        """Return what should stand of so many runs behind that one, and the last one's id.

        The id is empty when there are no more behind them.
        """
        some = (
            sa.select(RunRow.id)
            .where(RunRow.id > after, RunRow.state.not_in(_OVER))
            .order_by(RunRow.id)
            .limit(runs)
        )

        def read(connection: sa.Connection) -> tuple[str, tuple[StandingComments, ...]]:
            found = connection.scalars(some).all()
            rows = connection.execute(_STANDING.where(OutwardRow.run_id.in_(found))).all()
            last = found[-1] if len(found) == runs else ""
            return last, _by_conversation(rows)

        return await self._database.read(read)


_STANDING = (
    sa.select(
        OutwardRow.run_id,
        OutwardRow.repository_id,
        OutwardRow.issue,
        OutwardRow.place,
        OutwardRow.remote_id,
        OutwardRow.body_sha256,
        RunRow.pull_request,
        RepositoryRow.owner,
        RepositoryRow.name,
        RepositoryRow.installation,
        RepositoryRow.default_branch,
    )
    .join(RunRow, RunRow.id == OutwardRow.run_id)
    .join(RepositoryRow, RepositoryRow.id == OutwardRow.repository_id)
    .where(
        OutwardRow.kind == OutwardKind.COMMENT,
        OutwardRow.remote_id.is_not(None),
        OutwardRow.refused.is_(None),
    )
    .order_by(OutwardRow.id)
)


def _by_conversation(rows: Any) -> tuple[StandingComments, ...]:
    found: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        on_pull_request = Place(row.place) is Place.PULL_REQUEST and row.pull_request
        number = row.pull_request["number"] if on_pull_request else row.issue
        found.setdefault((row.repository_id, number), []).append(row)
    return tuple(
        StandingComments(
            repository_of(mine[0]), number, tuple((row.remote_id, row.body_sha256) for row in mine)
        )
        for (_, number), mine in found.items()
    )


def note_deletion(connection: sa.Connection, item: OutwardItem, now: datetime) -> None:
    """Count that a comment was found gone, and note on its run what becomes of it."""
    if item.desired.kind is not OutwardKind.COMMENT:
        return
    connection.execute(
        sa.update(OutwardRow)
        .where(OutwardRow.id == item.id)
        .values(deletions=OutwardRow.deletions + 1)
    )
    told = deletion(item.desired.key, item.deletions, "Somebody")
    if told is not None and item.run is not None:
        note(connection, item.run, "", told.note, now)
