"""Runs from the outside: found, started, moved by people and by the clock.

What happens inside a drive is written in `records`.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.store.database import Database
from app.store.deliveries import settle
from app.store.moving import insert, note, remember_repository, touch, want, want_all
from app.store.run_rows import RUNS, numbered, row_of, run_of
from app.store.steered import SteeredRuns
from app.store.steering import stop_row
from app.store.tables import RunRow
from phases.core.errors import StaleSegmentError
from phases.core.events import Labelled
from phases.core.machine import RunState, moved
from phases.core.model import Request, Run
from phases.core.outward import Desired, OutwardKind, Place
from phases.core.ports import Clock

UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)
# Nothing that happens to issue or pull request ends them once more.
_ENDED = (RunState.CANCELLED, RunState.CLOSED)


@dataclass(frozen=True)
class Due:
    """A segment that somebody should be driving."""

    run: str
    segment: int
    repository: int
    resumed: bool


class Runs(SteeredRuns):
    """Runs as people and the clock move them."""

    def __init__(self, database: Database, clock: Clock, limit_usd: Decimal) -> None:
        super().__init__(database, clock)
        self._limit_usd = limit_usd

    async def find(self, run: str) -> Run | None:
        """Return the run of that id."""
        return await self._one(RUNS.where(RunRow.id == run))

    async def of_issue(self, repository: int, issue: int) -> Run | None:
        """Return the newest run of an issue."""
        mine = RUNS.where(RunRow.repository_id == repository, RunRow.issue == issue)
        return await self._one(mine.order_by(RunRow.number.desc()).limit(1))

    async def of_pull_request(self, repository: int, number: int) -> Run | None:
        """Return the run whose pull request that is."""
        mine = RUNS.where(
            RunRow.repository_id == repository,
            RunRow.pull_request["number"].as_integer() == number,
        )
        return await self._one(mine.order_by(RunRow.created_at.desc()).limit(1))

    async def going(self, after: str, most: int) -> tuple[str, tuple[Run, ...]]:
        """Return at most so many runs that can still end, behind that one, and the last one's id.

        The id is empty when there are no more behind them.
        """
        some = (
            RUNS.where(RunRow.id > after, RunRow.state.not_in(_ENDED))
            .order_by(RunRow.id)
            .limit(most)
        )

        def read(connection: sa.Connection) -> tuple[str, tuple[Run, ...]]:
            runs = tuple(run_of(row) for row in connection.execute(some))
            return runs[-1].id if len(runs) == most else "", runs

        return await self._database.read(read)

    async def _one(self, query: sa.Select[*tuple[Any, ...]]) -> Run | None:
        def read(connection: sa.Connection) -> Run | None:
            row = connection.execute(query).first()
            return run_of(row) if row else None

        return await self._database.read(read)

    async def start(self, delivery: int | None, event: Labelled, number: int) -> Run:
        """Queue a new run, with eyes on its issue; the delivery is dealt with.

        When the issue has a run of that number already (the sweep and a delivery may bring the same
        label), that one is returned and nothing is started.
        """
        now = self._clock.now()
        run = Run(
            id=uuid.uuid4().hex,
            repository=event.repository,
            issue=event.issue,
            number=number,
            labeller=event.actor,
            state=RunState.QUEUED,
            segment=1,
            created_at=now,
            limit_usd=self._limit_usd,
            request=Request(event.title, event.body, event.author, (), event.at),
            variant=event.variant,
        )

        def start(connection: sa.Connection) -> Run:
            remember_repository(connection, event.repository)
            row = insert(connection, RunRow).values(**row_of(run)).on_conflict_do_nothing()
            if connection.execute(row.returning(RunRow.id)).first() is None:
                settle(connection, delivery, "the label has started its run already", now)
                return numbered(connection, run)
            eyes = Desired("eyes", OutwardKind.REACTION, Place.ISSUE, "eyes")
            want(connection, run.repository.id, run.issue, run.id, eyes, now)
            settle(connection, delivery, f"started run {run.id}", now)
            return run

        return await self._database.write(start)

    async def renew(self, run: str, segment: int) -> None:
        """Replace a segment that died without recording where it stopped by a fresh one.

        Nobody was at work since: the time without progress counts from here, its money does not.
        """
        stuck = sa.and_(
            RunRow.id == run,
            RunRow.segment == segment,
            RunRow.state.in_([RunState.QUEUED, RunState.RUNNING]),
        )
        now = self._clock.now()
        statement = sa.update(RunRow).where(stuck).values(segment=segment + 1, resumed_at=now)
        await self._database.write(lambda connection: connection.execute(statement))

    async def due(self) -> tuple[Due, ...]:
        """Return the segments that should be driven: of queued and running runs, the oldest first.

        A waiting run whose time has come is moved to its next segment first.
        """
        now = self._clock.now()

        def wake(connection: sa.Connection) -> None:
            connection.execute(
                sa.update(RunRow)
                .where(RunRow.state == RunState.WAITING, RunRow.wakes_at <= now)
                .values(
                    state=RunState.RUNNING,
                    segment=RunRow.segment + 1,
                    resumed_at=now,
                    wakes_at=None,
                    awaiting=None,
                    reason="",
                    touched=RunRow.touched + 1,
                )
            )

        # One read by the indexes of state and time: it is asked all the time.
        query = (
            sa.select(RunRow.id, RunRow.segment, RunRow.repository_id, RunRow.state)
            .where(sa.or_(RunRow.state.in_(UNDER_WAY), RunRow.wakes_at <= now))
            .order_by(RunRow.created_at)
        )

        def read(connection: sa.Connection) -> list[sa.Row[str, int, int, str]]:
            return list(connection.execute(query))

        rows = await self._database.read(read)
        if any(row.state == RunState.WAITING for row in rows):
            await self._database.write(wake)
            rows = await self._database.read(read)
        return tuple(map(_due, (row for row in rows if row.state in UNDER_WAY)))

    async def take(self, run: str, segment: int) -> Run:
        """Let a segment begin (or go on): the run is running.

        Raises:
            StaleSegmentError: when the run has moved on.
        """
        now = self._clock.now()

        def take(connection: sa.Connection) -> None:
            row = connection.execute(
                sa.select(RunRow.state, RunRow.segment, RunRow.started_at)
                .where(RunRow.id == run)
                .with_for_update()
            ).one_or_none()
            if row is None or row.segment != segment:
                raise StaleSegmentError(f"run {run} has moved on from segment {segment}")
            if row.state == RunState.QUEUED:
                connection.execute(
                    sa.update(RunRow)
                    .where(RunRow.id == run)
                    .values(
                        state=moved(RunState.QUEUED, RunState.RUNNING),
                        started_at=now,
                        resumed_at=now,
                    )
                )
                touch(connection, run)
            elif row.state == RunState.RUNNING and row.started_at is None:
                # It was paused before it began.
                values = {"started_at": now}
                connection.execute(sa.update(RunRow).where(RunRow.id == run).values(**values))
                touch(connection, run)
            elif row.state != RunState.RUNNING:
                raise StaleSegmentError(f"run {run} is {row.state}")

        await self._database.write(take)
        found = await self.find(run)
        if found is None:
            raise StaleSegmentError(f"there is no run {run}")
        return found

    async def hold(self, run: str, segment: int, why: str) -> None:
        """Note on a run why its segment does not begin yet; nothing when it has moved on."""
        now = self._clock.now()
        mine = sa.select(RunRow.id).where(
            RunRow.id == run, RunRow.segment == segment, RunRow.state.in_(UNDER_WAY)
        )

        def hold(connection: sa.Connection) -> None:
            if connection.scalar(mine) is not None:
                note(connection, run, "", why, now)

        await self._database.write(hold)

    async def stop(
        self,
        run: Run,
        state: RunState,
        reason: str,
        after_seconds: float | None,
        show: tuple[Desired, ...],
        approval_of: str = "",
    ) -> None:
        """Record where a segment ended, with the comment that says so.

        `approval_of` is the hash of the plans that it waits for a person to approve.

        Raises:
            StaleSegmentError: when the run has moved on.
        """
        now = self._clock.now()
        moved(RunState.RUNNING, state)
        wakes = None if after_seconds is None else now + timedelta(seconds=after_seconds)

        def stop(connection: sa.Connection) -> None:
            stop_row(connection, run, state, reason, now, wakes, approval_of)
            want_all(connection, run, show, now)
            touch(connection, run.id)

        await self._database.write(stop)


def _due(row: sa.Row[str, int, int, str]) -> Due:
    return Due(row.id, row.segment, row.repository_id, row.state == RunState.RUNNING)
