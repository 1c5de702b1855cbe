"""Puts runs that were read back from GitHub into a database that does not know them.

A run that the database knows is left alone: the store outranks what is shown of it.
"""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.store.database import Database
from app.store.moving import insert, note, remember_repository
from app.store.records import ended_columns
from app.store.run_rows import row_of
from app.store.tables import LedgerRow, OutwardRow, PassageRow, RunRow, WorkRow
from phases.core.machine import RunState
from phases.core.model import Person, Repository, Run
from phases.core.outward import Posted
from phases.core.ports import Clock
from phases.core.record import Performed, Record

PRICES = "recovered"
_REST = "recovered"
# The columns of an outward row that tell what stands on GitHub, not what should.
_STANDING = ("posted_sha256", "posted_at", "remote_id", "url")


class Restoring:
    """Writes whole runs, each in one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def knows(self, run: str) -> bool:
        """Tell whether the database has a run of that id."""
        query = sa.select(RunRow.id).where(RunRow.id == run)
        return await self._database.read(lambda connection: connection.scalar(query)) is not None

    async def restore(self, record: Record, posted: tuple[Posted, ...]) -> None:
        """Write a run with its works, its money and what of it stands on GitHub.

        One that was running goes on with a fresh segment; one that waited wakes at once.
        """
        now = self._clock.now()

        def restore(connection: sa.Connection) -> None:
            remember_repository(connection, record.run.repository)
            connection.execute(sa.insert(RunRow).values(**_run(record.run, now)))
            for work in record.works:
                connection.execute(sa.insert(WorkRow).values(**_work(record.run.id, work)))
            for passage in record.passages:
                values = {**asdict(passage), "run_id": record.run.id}
                connection.execute(sa.insert(PassageRow).values(**values))
            _pay(connection, record, now)
            for comment in posted:
                connection.execute(
                    sa.insert(OutwardRow).values(**_posted(record.run, comment, now))
                )
            _note(connection, record, now)

        await self._database.write(restore)

    async def reconcile(self, run: Run, posted: tuple[Posted, ...]) -> None:
        """Note of a known run what stands on GitHub and the database does not know.

        A database put back from a backup has forgotten what was posted since: of some it has not
        even what was to be posted, of others only that.
        """
        now = self._clock.now()

        def reconcile(connection: sa.Connection) -> None:
            for comment in posted:
                values = _posted(run, comment, now)
                row = insert(connection, OutwardRow).values(**values)
                standing = {name: values[name] for name in _STANDING}
                connection.execute(
                    row.on_conflict_do_update(
                        index_elements=["owner", "key"],
                        set_=standing,
                        where=OutwardRow.remote_id.is_(None),
                    )
                )

        await self._database.write(reconcile)

    async def give_up(
        self, run: str, repository: Repository, issue: int, number: int, reason: str
    ) -> None:
        """Note a run that could not be read back as cancelled, so that nothing starts it anew."""
        now = self._clock.now()
        lost = Run(
            id=run,
            repository=repository,
            issue=issue,
            number=number,
            labeller=Person(0, "somebody"),
            state=RunState.CANCELLED,
            segment=1,
            created_at=now,
            limit_usd=Decimal(0),
        )
        values = {**row_of(lost), "ended_at": now, "reason": reason, "shown": 1}

        def note(connection: sa.Connection) -> None:
            remember_repository(connection, repository)
            connection.execute(sa.insert(RunRow).values(**values))

        await self._database.write(note)


def _run(run: Run, now: datetime) -> dict[str, Any]:
    return {
        **row_of(run),
        "segment": run.segment + 1,
        "started_at": run.started_at,
        "resumed_at": now,
        "ended_at": run.ended_at,
        "wakes_at": now if run.state is RunState.WAITING else None,
        "reason": run.reason,
        "base": asdict(run.base) if run.base else None,
        "branch": run.branch,
        "head": run.head,
        "pull_request": asdict(run.pull_request) if run.pull_request else None,
    }


def _work(run: str, work: Performed) -> dict[str, Any]:
    return {
        "run_id": run,
        "name": str(work.name),
        "title": work.title,
        "attempt": work.attempt,
        "started_at": work.started_at,
        **ended_columns(work),
    }


def _pay(connection: sa.Connection, record: Record, now: datetime) -> None:
    """Keep what was spent by work; what went into works that are not on record is one sum."""
    known = sum((work.cost_usd for work in record.works), Decimal(0))
    for work in record.works:
        if work.cost_usd:
            at = work.ended_at or now
            connection.execute(sa.insert(LedgerRow).values(**_paid(record, work, at)))
    if record.spent_usd > known:
        rest = {"name": _REST, "model": "", "cost": record.spent_usd - known}
        row = {**_sum(record, _REST, now), **rest}
        connection.execute(sa.insert(LedgerRow).values(**row))


def _paid(record: Record, work: Performed, at: datetime) -> dict[str, Any]:
    own = {"name": str(work.name), "model": work.model, "cost": work.cost_usd}
    return {**_sum(record, str(work.name), at), **own}


def _sum(record: Record, what: str, at: datetime) -> dict[str, Any]:
    # What it took is not known any more, only what it cost.
    nothing = {column.name: 0 for column in LedgerRow.__table__.columns if column.name != "id"}
    return nothing | {
        "run_id": record.run.id,
        "repository_id": record.run.repository.id,
        "session": f"{record.run.id}/{what}#recovered",
        "prices": PRICES,
        "request_id": "",
        "answered": True,
        "at": at,
    }


def _posted(run: Run, comment: Posted, now: datetime) -> dict[str, Any]:
    desired = comment.desired
    return {
        "owner": run.id,
        "key": desired.key,
        "run_id": run.id,
        "repository_id": run.repository.id,
        "issue": run.issue,
        "kind": desired.kind,
        "place": desired.place,
        "comment": desired.comment,
        "text": desired.text,
        "text_sha256": desired.text_sha256,
        "posted_sha256": desired.text_sha256,
        "posted_at": now,
        "remote_id": comment.remote_id,
        "url": comment.url,
    }


def _note(connection: sa.Connection, record: Record, now: datetime) -> None:
    settled = len(record.works)
    text = (
        "The service's database was lost. This run was read back from GitHub: "
        f"{settled} finished works were found, and what was in hand then is done anew."
    )
    note(connection, record.run.id, "", text, now)
