"""Figures of runs, from the rows of the service's database. It writes nothing."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any

import sqlalchemy as sa

from app.store.engine import make_engine
from app.store.tables import LeaseRow, PassageRow, ResultRecord, RunRow, TurnRecord, WorkRow
from benchmarks.processes import Span
from phases.core.work import PhaseName, WorkName

UNDER_WAY = frozenset({"queued", "running"})
PLANNERS = frozenset({"architect", "ui-designer", "test-writer"})


@dataclass(frozen=True)
class RunTimes:
    """One run: where it stands, and when it was created, began and ended."""

    id: str
    repository: int
    state: str
    reason: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def queue_wait(self) -> float:
        """Seconds between its creation and its beginning."""
        assert self.started_at is not None
        return (self.started_at - self.created_at).total_seconds()


class Rows:
    """Reads the database of a service."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def runs(self) -> list[RunTimes]:
        """Return every run, the oldest first."""
        query = sa.select(
            RunRow.id,
            RunRow.repository_id,
            RunRow.state,
            RunRow.reason,
            RunRow.created_at,
            RunRow.started_at,
            RunRow.ended_at,
        ).order_by(RunRow.created_at)
        with self._engine.connect() as connection:
            return [RunTimes(*row) for row in connection.execute(query)]

    def workers(self) -> int:
        """Return how many workers hold a lease on their life; on SQLite none needs one."""
        query = sa.select(sa.func.count()).where(LeaseRow.name.startswith("worker/"))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def actions(self, run: str) -> list[Span]:
        """Return when the service did something itself: GitHub calls, preparation, checks."""
        query = sa.select(WorkRow.started_at, WorkRow.ended_at).where(
            WorkRow.run_id == run, WorkRow.model == "", WorkRow.ended_at.is_not(None)
        )
        return self._spans(query)

    def tools(self, run: str) -> list[Span]:
        """Return when tools were at work: from each stored reply to its stored results."""
        same = sa.and_(ResultRecord.session == TurnRecord.session, ResultRecord.n == TurnRecord.n)
        query = (
            sa.select(TurnRecord.at, ResultRecord.at)
            .join(ResultRecord, same)
            .where(TurnRecord.run_id == run)
        )
        return self._spans(query)

    def planning(self, run: str) -> tuple[datetime, dict[str, datetime]]:
        """Return when planning began, and when each of the planners had ended."""
        entered = sa.select(PassageRow.entered_at).where(
            PassageRow.run_id == run, PassageRow.phase == PhaseName.PLANNING
        )
        works = sa.select(WorkRow.name, WorkRow.ended_at).where(WorkRow.run_id == run)
        with self._engine.connect() as connection:
            began = connection.execute(entered).scalar_one()
            ends = {WorkName.parse(row.name): row.ended_at for row in connection.execute(works)}
        planners = {
            str(name): ended
            for name, ended in ends.items()
            if name.phase is PhaseName.PLANNING and name.performer in PLANNERS
        }
        return began, planners

    def _spans(self, query: sa.Select[*tuple[Any, ...]]) -> list[Span]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Span(begin.timestamp(), end.timestamp()) for begin, end in rows]


@contextmanager
def rows_of(database: str) -> Iterator[Rows]:
    """Open the rows of a database."""
    engine = make_engine(database, begin="DEFERRED")
    try:
        yield Rows(engine)
    finally:
        engine.dispose()


def covered_seconds(spans: list[Span], begin: float, end: float) -> float:
    """Return how much of the time from `begin` to `end` lies in at least one of the spans."""
    covered, reached = 0.0, begin
    for span in sorted(spans, key=lambda span: span.begin):
        covered += max(0.0, min(span.end, end) - max(span.begin, reached))
        reached = max(reached, min(span.end, end))
    return covered


def fairness(runs: list[RunTimes]) -> float:
    """Return the largest mean queue wait of a repository over the mean of all repositories."""
    means = [fmean(each) for each in _waits(runs)]
    return max(means) / fmean(means)


def fairness_of_longest(runs: list[RunTimes]) -> float:
    """Return the largest of the repositories' longest queue waits over the mean of those."""
    longest = [max(each) for each in _waits(runs)]
    return max(longest) / fmean(longest)


def _waits(runs: list[RunTimes]) -> list[list[float]]:
    """Return the queue waits of runs, by repository."""
    waits: dict[int, list[float]] = defaultdict(list)
    for run in runs:
        waits[run.repository].append(run.queue_wait)
    return list(waits.values())
