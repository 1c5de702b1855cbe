"""The past of runs, as an operator asks for it: a list, a time line, everything. Read only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from app.store.assembly import record_of
from app.store.database import Database
from app.store.tables import (
    LedgerRow,
    LogRow,
    OutwardRow,
    RepositoryRow,
    ResultRecord,
    RunRow,
    TurnRecord,
)
from phases.core.record import Record

VERSION = 1
RECORD = TypeAdapter(Record)


class UnknownRunError(Exception):
    """No run, or more than one, has an id that begins so; the message says which."""


@dataclass(frozen=True)
class Listed:
    """A run in a list."""

    id: str
    repository: str
    issue: int
    number: int
    state: str
    created_at: datetime
    spent_usd: Decimal
    reason: str


@dataclass(frozen=True)
class Happening:
    """One line of a run's time line; `usd` is set where money was spent."""

    at: datetime
    kind: str
    name: str
    text: str
    usd: Decimal | None = None


class History:
    """What has happened, over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def identify(self, beginning: str) -> str:
        """Return the id of the one run whose id begins so.

        Raises:
            UnknownRunError: when there is none, or more than one.
        """
        query = sa.select(RunRow.id).where(RunRow.id.startswith(beginning, autoescape=True))
        found = await self._database.read(
            lambda connection: connection.scalars(query.limit(2)).all()
        )
        if len(found) == 1:
            return found[0]
        if not found:
            raise UnknownRunError(
                f"No run's id begins with {beginning!r}. `phaseline runs list` shows them."
            )
        raise UnknownRunError(f"More than one run's id begins with {beginning!r}: give more of it.")

    async def runs(self, *, state: str | None, repository: str | None, limit: int) -> list[Listed]:
        """Return the newest runs, newest first; `repository` is `owner/name`."""
        query = (
            sa.select(
                RunRow.id,
                RepositoryRow.owner,
                RepositoryRow.name,
                RunRow.issue,
                RunRow.number,
                RunRow.state,
                RunRow.created_at,
                _spent(),
                RunRow.reason,
            )
            .join(RepositoryRow, RepositoryRow.id == RunRow.repository_id)
            .order_by(RunRow.created_at.desc(), RunRow.id)
            .limit(limit)
        )
        if state:
            query = query.where(RunRow.state == state)
        if repository:
            owner, _, name = repository.lower().partition("/")
            query = query.where(
                sa.func.lower(RepositoryRow.owner) == owner,
                sa.func.lower(RepositoryRow.name) == name,
            )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [
            Listed(
                id=row.id,
                repository=f"{row.owner}/{row.name}",
                issue=row.issue,
                number=row.number,
                state=row.state,
                created_at=row.created_at,
                spent_usd=row.spent or Decimal(0),
                reason=row.reason,
            )
            for row in rows
        ]

    async def happenings(self, run: str) -> list[Happening]:
        """Return everything that happened in a run, oldest first."""

        def read(connection: sa.Connection) -> list[Happening]:
            record = record_of(connection, run)
            if record is None:
                return []
            found = [*_of_record(record), *_turns(connection, run), *_posted(connection, run)]
            return sorted(found, key=lambda happening: happening.at)

        return await self._database.read(read)

    async def export(self, run: str) -> dict[str, Any]:
        """Return everything that is kept of a run, as JSON types; nothing is redacted here."""

        def read(connection: sa.Connection) -> dict[str, Any]:
            record = record_of(connection, run)
            return {
                "version": VERSION,
                "record": RECORD.dump_python(record, mode="json") if record else None,
                "transcripts": _transcripts(connection, run),
                "ledger": _ledger(connection, run),
                "logs": _logs(connection, record) if record else {},
            }

        return await self._database.read(read)


def _spent() -> sa.Label[Any]:
    cost = LedgerRow.__table__.c.cost
    total = sa.select(sa.func.sum(cost, type_=cost.type)).where(LedgerRow.run_id == RunRow.id)
    return total.scalar_subquery().label("spent")


def _of_record(record: Record) -> Iterator[Happening]:
    run = record.run
    yield Happening(run.created_at, "run", "queued", f"asked for by {run.labeller.login}")
    if run.started_at:
        yield Happening(run.started_at, "run", "running", "")
    if run.ended_at:
        yield Happening(run.ended_at, "run", str(run.state), run.reason)
    for passage in record.passages:
        yield Happening(passage.entered_at, "phase", str(passage.phase), "entered")
        if passage.passed_at:
            yield Happening(passage.passed_at, "phase", str(passage.phase), "passed")
    for work in record.works:
        name = str(work.name)
        yield Happening(work.started_at, "work", name, f"attempt {work.attempt} began")
        if work.ended_at:
            commit = f", commit {work.commit.short}" if work.commit else ""
            told = f"{work.outcome}{commit}. {work.reason or work.detail}".rstrip()
            yield Happening(work.ended_at, "work", name, told, work.cost_usd or None)
        for note in work.notes:
            yield Happening(note.at, "note", name, note.text)
    for order in record.commands:
        told = f"{order.argument} (by {order.by.login})".strip()
        yield Happening(order.at, "order", str(order.word), told)
    for note in record.notes:
        yield Happening(note.at, "note", "run", note.text)


def _turns(connection: sa.Connection, run: str) -> Iterator[Happening]:
    query = sa.select(LedgerRow.__table__).where(LedgerRow.run_id == run)
    for row in connection.execute(query):
        tokens = row.uncached + row.written_5m + row.written_1h + row.read
        told = (
            f"{row.session.rpartition('#')[2]}.{row.n}: {row.model}, {tokens:,} tokens in, "
            f"{row.output:,} out, {row.latency_ms / 1000:.1f} s"
        )
        yield Happening(row.at, "turn", row.name, told, row.cost)


def _posted(connection: sa.Connection, run: str) -> Iterator[Happening]:
    query = sa.select(OutwardRow.key, OutwardRow.posted_at, OutwardRow.url).where(
        OutwardRow.run_id == run, OutwardRow.posted_at.is_not(None)
    )
    for row in connection.execute(query):
        yield Happening(row.posted_at, "posted", row.key, row.url or "")


def _transcripts(connection: sa.Connection, run: str) -> list[dict[str, Any]]:
    query = (
        sa.select(TurnRecord.__table__, ResultRecord.results, ResultRecord.snapshot)
        .outerjoin(
            ResultRecord,
            sa.and_(ResultRecord.session == TurnRecord.session, ResultRecord.n == TurnRecord.n),
        )
        .where(TurnRecord.run_id == run)
        .order_by(TurnRecord.at, TurnRecord.session, TurnRecord.n)
    )
    sessions: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query):
        turn = {
            "n": row.n,
            "at": row.at.isoformat(),
            "seconds": row.seconds,
            "request_sha256": row.request_sha256,
            "reply": row.reply,
            "results": row.results,
            "snapshot": row.snapshot,
        }
        sessions.setdefault(row.session, []).append(turn)
    return [{"session": session, "turns": turns} for session, turns in sessions.items()]


def _ledger(connection: sa.Connection, run: str) -> list[dict[str, Any]]:
    query = sa.select(LedgerRow.__table__).where(LedgerRow.run_id == run).order_by(LedgerRow.id)
    return [
        {**row, "cost": str(row["cost"]), "at": row["at"].isoformat()}
        for row in map(dict, connection.execute(query).mappings())
    ]


def _logs(connection: sa.Connection, record: Record) -> dict[str, str]:
    wanted = {receipt.log_sha256 for work in record.works for receipt in work.receipts}
    query = sa.select(LogRow.sha256, LogRow.text).where(LogRow.sha256.in_(sorted(wanted)))
    return {row.sha256: row.text.decode("utf-8", "replace") for row in connection.execute(query)}
