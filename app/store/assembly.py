"""Rows to the record of a run, in one read transaction."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.store.codec import commit_from_json, receipt_from_json
from app.store.run_rows import RUNS, run_of
from app.store.tables import CommandRow, LedgerRow, NoteRow, OutwardRow, PassageRow, RunRow, WorkRow
from phases.core.command import Commanded, Word
from phases.core.model import Artifact, Person, StepOutcome
from phases.core.record import Note, Passage, Performed, Record
from phases.core.submission import from_json
from phases.core.work import PhaseName, WorkName

TRACKER = "tracker"


def record_of(connection: sa.Connection, run: str) -> Record | None:
    """Return everything on record of a run, or None when there is no such run."""
    row = connection.execute(RUNS.where(RunRow.id == run)).first()
    if row is None:
        return None
    notes = _notes(connection, run)
    costs = _costs(connection, run)
    urls = _urls(connection, run)
    works = connection.execute(
        sa.select(WorkRow.__table__).where(WorkRow.run_id == run).order_by(WorkRow.id)
    )
    passages = connection.execute(
        sa.select(PassageRow.phase, PassageRow.entered_at, PassageRow.passed_at)
        .where(PassageRow.run_id == run)
        .order_by(PassageRow.entered_at)
    )
    return Record(
        run=run_of(row),
        works=tuple(_performed(work, notes, costs, urls) for work in works),
        passages=tuple(Passage(PhaseName(p.phase), p.entered_at, p.passed_at) for p in passages),
        spent_usd=sum(costs.values(), Decimal(0)),
        notes=tuple(notes[""]),
        tracker_url=urls.get(TRACKER),
        commands=_commands(connection, run),
    )


def _commands(connection: sa.Connection, run: str) -> tuple[Commanded, ...]:
    query = sa.select(CommandRow.__table__).where(CommandRow.run_id == run)
    return tuple(
        Commanded(Word(row.word), row.argument, Person(row.by_id, row.by_login), row.at)
        for row in connection.execute(query.order_by(CommandRow.id))
    )


def _notes(connection: sa.Connection, run: str) -> dict[str, list[Note]]:
    notes: dict[str, list[Note]] = defaultdict(list)
    query = sa.select(NoteRow.name, NoteRow.at, NoteRow.text).where(NoteRow.run_id == run)
    for row in connection.execute(query.order_by(NoteRow.id)):
        notes[row.name].append(Note(row.at, row.text))
    return notes


def _costs(connection: sa.Connection, run: str) -> dict[str, Decimal]:
    total = sa.func.sum(LedgerRow.cost, type_=LedgerRow.__table__.c.cost.type)
    query = sa.select(LedgerRow.name, total).where(LedgerRow.run_id == run)
    return {row[0]: row[1] for row in connection.execute(query.group_by(LedgerRow.name))}


def _urls(connection: sa.Connection, run: str) -> dict[str, str]:
    query = sa.select(OutwardRow.key, OutwardRow.url).where(
        OutwardRow.run_id == run, OutwardRow.url.is_not(None)
    )
    return {row.key: row.url for row in connection.execute(query)}


def _performed(
    row: Any, notes: dict[str, list[Note]], costs: dict[str, Decimal], urls: dict[str, str]
) -> Performed:
    name = WorkName.parse(row.name)
    receipts = tuple(receipt_from_json(receipt) for receipt in row.receipts or ())
    artifact = None
    if row.artifact_name:
        artifact = Artifact(row.artifact_name, row.artifact_text, row.artifact_sha256)
    return Performed(
        name=name,
        title=row.title,
        attempt=row.attempt,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=StepOutcome(row.outcome) if row.outcome else None,
        reason=row.reason,
        model=row.model,
        cost_usd=costs.get(row.name, Decimal(0)),
        artifact=artifact,
        submission=from_json(row.submission) if row.submission else None,
        commit=commit_from_json(row.commit),
        receipts=receipts,
        notes=tuple(notes[row.name]),
        url=urls.get(f"artifact/{name}" if artifact else f"receipts/{name.phase}"),
        detail=row.detail,
        facts=tuple((row.facts or {}).items()),
    )
