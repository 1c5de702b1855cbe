"""The outbox: what should stand on GitHub and does not yet, and the trackers as its projections."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.store.assembly import TRACKER
from app.store.database import Database
from app.store.moving import repository_of, touch, want
from app.store.shown import LEFT_ALONE, note_deletion
from app.store.tables import OutwardRow, PassageRow, RepositoryRow, RunRow
from phases.core.machine import RunState
from phases.core.outward import Desired, OutwardItem, OutwardKind, Place
from phases.core.ports import Clock

# GitHub's secondary limits: one project hit them by editing one comment 259 times.
TRACKER_INTERVAL = timedelta(seconds=5)
# A tracker that was posted so shortly behind a phase's end may have been rendered before it.
MOST_MICROSECONDS_ON_THE_WAY = 2_000_000
# In the words of the index that finds it, see `tables.UNSENT`.
NOT_STANDING = sa.and_(
    OutwardRow.refused.is_(None),
    sa.or_(OutwardRow.posted_sha256.is_(None), OutwardRow.posted_sha256 != OutwardRow.text_sha256),
)
NOT_SHOWN = RunRow.touched > RunRow.shown


class StoredOutbox:
    """What the writer to GitHub works off."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def due(
        self, limit: int, *, besides: frozenset[int] = frozenset()
    ) -> tuple[OutwardItem, ...]:
        """Return what should be sent now, oldest first, but not for the installations `besides`.

        A tracker is sent at most every five seconds, and at once when the run has passed a phase or
        ended since. One of a run that waits goes at once too: few things happen to it.
        """
        now = self._clock.now()
        query = (
            sa.select(
                OutwardRow.__table__,
                RepositoryRow.owner.label("repository_owner"),
                RepositoryRow.name,
                RepositoryRow.installation,
                RepositoryRow.default_branch,
                RunRow.pull_request,
            )
            .join(RepositoryRow, RepositoryRow.id == OutwardRow.repository_id)
            .outerjoin(RunRow, RunRow.id == OutwardRow.run_id)
            .where(
                NOT_STANDING,
                sa.or_(OutwardRow.next_at.is_(None), OutwardRow.next_at <= now),
                sa.not_(sa.func.coalesce(_patient(now), sa.false())),
                RepositoryRow.installation.not_in(besides),
            )
            .order_by(OutwardRow.id)
            .limit(limit)
        )

        def read(connection: sa.Connection) -> tuple[OutwardItem, ...]:
            items = (_item(row) for row in connection.execute(query))
            return tuple(item for item in items if item is not None)

        return await self._database.read(read)

    async def attempted(self, item: OutwardItem) -> None:
        """Note that a try is about to be made, so that a later one looks before it writes."""
        await self._set(item, attempted_at=self._clock.now())

    async def sent(
        self,
        item: OutwardItem,
        remote_id: int | None,
        url: str | None,
        text_sha256: str,
        body_sha256: str | None,
    ) -> None:
        """Note what stands on GitHub now; a comment under another id was written again."""
        now = self._clock.now()
        values = {
            "posted_sha256": text_sha256,
            "posted_at": now,
            "remote_id": remote_id,
            "url": url,
            "body_sha256": body_sha256,
            "attempted_at": None,
            "next_at": None,
        }

        def sent(connection: sa.Connection) -> None:
            row = connection.execute(
                sa.select(OutwardRow.url, OutwardRow.remote_id).where(OutwardRow.id == item.id)
            ).one()
            if row.remote_id not in {None, remote_id}:
                note_deletion(connection, item, now)
            connection.execute(
                sa.update(OutwardRow).where(OutwardRow.id == item.id).values(**values)
            )
            if item.run and row.url != url:
                touch(connection, item.run)

        await self._database.write(sent)

    async def postpone(self, item: OutwardItem, seconds: float, error: str) -> None:
        """Try again later; `error` is for the log of the caller."""
        del error
        await self._set(item, next_at=self._clock.now() + timedelta(seconds=seconds))

    async def refuse(self, item: OutwardItem, error: str) -> None:
        """Give an item up: GitHub will never take it."""
        await self._set(item, refused=error)

    async def leave(self, item: OutwardItem) -> None:
        """Leave a comment alone that people have deleted again."""
        now = self._clock.now()

        def leave(connection: sa.Connection) -> None:
            note_deletion(connection, item, now)
            connection.execute(
                sa.update(OutwardRow)
                .where(OutwardRow.id == item.id)
                .values(refused=LEFT_ALONE, url=None)
            )

        await self._database.write(leave)

    async def _set(self, item: OutwardItem, **values: object) -> None:
        statement = sa.update(OutwardRow).where(OutwardRow.id == item.id).values(**values)
        await self._database.write(lambda connection: connection.execute(statement))

    async def unseen(self) -> tuple[tuple[str, int], ...]:
        """Return the runs whose tracker does not show their record, with what to show."""
        query = sa.select(RunRow.id, RunRow.touched).where(NOT_SHOWN)
        return await self._database.read(
            lambda connection: tuple((row.id, row.touched) for row in connection.execute(query))
        )

    async def show(self, run: str, touched: int, text: str) -> None:
        """Want a run's tracker to read like this; `touched` is what the text was made from."""
        now = self._clock.now()

        def show(connection: sa.Connection) -> None:
            row = connection.execute(
                sa.select(RunRow.repository_id, RunRow.issue).where(RunRow.id == run)
            ).one()
            tracker = Desired(TRACKER, OutwardKind.COMMENT, Place.ISSUE, text)
            want(connection, row.repository_id, row.issue, run, tracker, now)
            connection.execute(
                sa.update(RunRow)
                .where(RunRow.id == run, RunRow.shown < touched)
                .values(shown=touched)
            )

        await self._database.write(show)


def _patient(now: datetime) -> sa.ColumnElement[bool]:
    """Return whether a row is a tracker that was edited a moment ago and shows no end missing."""
    rendered = sa.type_coerce(OutwardRow.posted_at, sa.BigInteger) - MOST_MICROSECONDS_ON_THE_WAY
    passed = sa.exists().where(
        PassageRow.run_id == OutwardRow.run_id,
        sa.type_coerce(PassageRow.passed_at, sa.BigInteger) > rendered,
    )
    ended = sa.type_coerce(RunRow.ended_at, sa.BigInteger) > rendered
    return sa.and_(
        OutwardRow.key == TRACKER,
        OutwardRow.posted_at > now - TRACKER_INTERVAL,
        RunRow.state != RunState.WAITING,
        sa.not_(passed),
        sa.not_(sa.func.coalesce(ended, sa.false())),
    )


def _item(row: Any) -> OutwardItem | None:
    place = Place(row.place)
    number = row.issue
    if place is Place.PULL_REQUEST and row.run_id:
        if not row.pull_request:
            return None
        number = row.pull_request["number"]
    desired = Desired(row.key, OutwardKind(row.kind), place, row.text, row.comment)
    repository = repository_of(row, owner=row.repository_owner)
    return OutwardItem(
        id=row.id,
        run=row.run_id,
        repository=repository,
        number=number,
        desired=desired,
        marker=f"<!-- phaseline:comment {row.owner} {row.key} -->",
        remote_id=row.remote_id,
        attempted=row.attempted_at is not None,
        deletions=row.deletions,
    )
