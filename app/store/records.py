"""The record of a run: assembled for reading, written under the fence by the drive that owns it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.store.assembly import record_of
from app.store.codec import receipt_to_json, request_to_json
from app.store.database import Database
from app.store.moments import behind_all
from app.store.moving import fence, insert, note, touch, want_all
from app.store.packs import drop_packs_of_work
from app.store.tables import OutwardRow, PassageRow, RunRow, WorkRow
from phases.core.errors import DefectError
from phases.core.model import ACCEPTED, Run, StepOutcome
from phases.core.outward import Desired
from phases.core.ports import Clock
from phases.core.record import Performed, Record
from phases.core.submission import to_json
from phases.core.work import PhaseName, WorkName


class StoredRecords:
    """The `Records` of the phases, over the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, run: str) -> Record:
        """Return everything on record of a run.

        Raises:
            DefectError: when there is no such run.
        """
        record = await self.find(run)
        if record is None:
            raise DefectError(f"there is no run {run}")
        return record

    async def find(self, run: str) -> Record | None:
        """Return everything on record of a run, or None when there is no such run."""
        return await self._database.read(lambda connection: record_of(connection, run))

    async def latest(self, limit: int) -> tuple[Record, ...]:
        """Return the newest runs, newest first."""
        query = sa.select(RunRow.id).order_by(RunRow.created_at.desc()).limit(limit)

        def read(connection: sa.Connection) -> tuple[Record, ...]:
            found = (record_of(connection, run) for run in connection.scalars(query).all())
            return tuple(record for record in found if record is not None)

        return await self._database.read(read)

    async def amend(self, run: Run) -> None:
        """Write the run's own fields."""
        values = {
            "request": request_to_json(run.request),
            "base": asdict(run.base) if run.base else None,
            "branch": run.branch,
            "head": run.head,
            "pull_request": asdict(run.pull_request) if run.pull_request else None,
            "adopted": run.adopted,
            "drift": asdict(run.drift) if run.drift else None,
        }

        def amend(connection: sa.Connection) -> None:
            fence(connection, run)
            connection.execute(sa.update(RunRow).where(RunRow.id == run.id).values(**values))
            touch(connection, run.id)

        await self._database.write(amend)

    async def enter(self, run: Run, phase: PhaseName) -> None:
        """Note that the run has entered a phase, once."""
        now = self._clock.now()

        def enter(connection: sa.Connection) -> None:
            fence(connection, run)
            connection.execute(
                insert(connection, PassageRow)
                .values(run_id=run.id, phase=phase, entered_at=behind_all(connection, run.id, now))
                .on_conflict_do_nothing()
            )
            touch(connection, run.id)

        await self._database.write(enter)

    async def pass_gate(self, run: Run, phase: PhaseName) -> None:
        """Note that a phase's gate has let the run through, once."""
        now = self._clock.now()

        def leave(connection: sa.Connection) -> None:
            fence(connection, run)
            connection.execute(
                sa.update(PassageRow)
                .where(
                    PassageRow.run_id == run.id,
                    PassageRow.phase == phase,
                    PassageRow.passed_at.is_(None),
                )
                .values(passed_at=behind_all(connection, run.id, now))
            )
            touch(connection, run.id)

        await self._database.write(leave)

    async def begin(self, run: Run, name: WorkName, title: str) -> int:
        """Note that work has begun and return its attempt; one in progress is continued."""
        now = self._clock.now()

        def begin(connection: sa.Connection) -> int:
            fence(connection, run)
            began = behind_all(connection, run.id, now)
            attempt = _attempt(connection, run.id, name, title, began)
            touch(connection, run.id)
            return attempt

        return await self._database.write(begin)

    async def adopt(self, run: Run, tip: str, text: str, show: tuple[Desired, ...]) -> None:
        """Make a commit of people's the run's head, with a note and what shows it, at once."""
        now = self._clock.now()
        goes_on = sa.update(RunRow).where(RunRow.id == run.id).values(head=tip, adopted=tip)

        def adopt(connection: sa.Connection) -> None:
            fence(connection, run)
            connection.execute(goes_on)
            note(connection, run.id, "", text, now)
            want_all(connection, run, show, now)

        await self._database.write(adopt)

    async def note(self, run: Run, name: WorkName | None, text: str) -> None:
        """Add a note to a piece of work, or to the run; the same text is noted once."""
        now = self._clock.now()

        def write(connection: sa.Connection) -> None:
            fence(connection, run)
            note(connection, run.id, str(name) if name else "", text, now)

        await self._database.write(write)

    async def finish(self, run: Run, performed: Performed, show: tuple[Desired, ...]) -> None:
        """Record how work ended, what shows it, and the run's new head, in one transaction."""
        now = self._clock.now()

        def finish(connection: sa.Connection) -> None:
            fence(connection, run)
            values = ended_columns(performed)
            if performed.ended_at:
                values["ended_at"] = behind_all(connection, run.id, performed.ended_at)
            connection.execute(
                sa.update(WorkRow)
                .where(WorkRow.run_id == run.id, WorkRow.name == str(performed.name))
                .values(**values)
            )
            if performed.accepted:
                drop_packs_of_work(connection, run.id, str(performed.name))
            if performed.commit:
                head = performed.commit.sha
                connection.execute(sa.update(RunRow).where(RunRow.id == run.id).values(head=head))
            want_all(connection, run, show, now)
            touch(connection, run.id)

        await self._database.write(finish)

    async def outbox_is_empty(self, run: str) -> bool:
        """Tell whether everything but the tracker was sent, or was refused for good."""
        unsent = sa.select(OutwardRow.id).where(
            OutwardRow.run_id == run,
            OutwardRow.key != "tracker",
            OutwardRow.refused.is_(None),
            sa.or_(
                OutwardRow.posted_sha256.is_(None),
                OutwardRow.posted_sha256 != OutwardRow.text_sha256,
            ),
        )
        return await self._database.read(
            lambda connection: connection.execute(unsent.limit(1)).first() is None
        )


def _attempt(connection: sa.Connection, run: str, name: WorkName, title: str, now: datetime) -> int:
    mine = sa.and_(WorkRow.run_id == run, WorkRow.name == str(name))
    row = connection.execute(sa.select(WorkRow.attempt, WorkRow.outcome).where(mine)).one_or_none()
    if row is None:
        values = {"run_id": run, "name": str(name), "title": title, "started_at": now}
        connection.execute(
            sa.insert(WorkRow).values(attempt=1, reason="", model="", detail="", **values)
        )
        return 1
    if row.outcome is None:
        return int(row.attempt)
    if StepOutcome(row.outcome) in ACCEPTED:
        raise DefectError(f"{name} is settled and was to be performed again")
    connection.execute(
        sa.update(WorkRow)
        .where(mine)
        .values(attempt=row.attempt + 1, outcome=None, started_at=now, ended_at=None)
    )
    return int(row.attempt) + 1


def ended_columns(performed: Performed) -> dict[str, Any]:
    """Return the columns of a work that say how it ended and what it made."""
    artifact = performed.artifact
    return {
        "outcome": performed.outcome,
        "ended_at": performed.ended_at,
        "reason": performed.reason,
        "model": performed.model,
        "artifact_name": artifact.name if artifact else None,
        "artifact_text": artifact.text if artifact else None,
        "artifact_sha256": artifact.sha256 if artifact else None,
        "submission": to_json(performed.submission) if performed.submission else None,
        "commit": asdict(performed.commit) if performed.commit else None,
        "receipts": [receipt_to_json(receipt) for receipt in performed.receipts],
        "detail": performed.detail,
        "facts": dict(performed.facts),
    }
