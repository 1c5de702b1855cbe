"""Runs as people steer them: moved, heeded, answered; each write deals with its delivery."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from app.store.codec import request_to_json
from app.store.database import Database
from app.store.deliveries import settle
from app.store.moments import behind_all
from app.store.moving import note, remember_repository, replies_since, touch, want, want_all
from app.store.steering import move_row, put_on_record, stopped_by_itself, supersede
from app.store.tables import RunRow
from phases.core.command import Commanded
from phases.core.machine import OVER, RunState
from phases.core.model import Drift, Repository, Request, Run
from phases.core.outward import Desired, OutwardKind
from phases.core.ports import Clock
from phases.core.work import WorkName

DAY = timedelta(days=1)
MOST_REPLIES = 60


class SteeredRuns:
    """What events from GitHub do to runs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def move(
        self,
        delivery: int | None,
        run: Run,
        state: RunState,
        why: str,
        show: tuple[Desired, ...],
        commanded: Commanded | None = None,
        request: Request | None = None,
        again: tuple[WorkName, ...] = (),
    ) -> None:
        """Move a run to the next segment (running), let it stand (waiting), or end it.

        Whatever the segment before still writes is refused. A move that the machine does not know
        (any more) does nothing. The order goes on record with the move; `request` is what the run
        works from now; the works of `again` are superseded. The delivery is dealt with.
        """
        now = self._clock.now()

        def move(connection: sa.Connection) -> None:
            if move_row(connection, run.id, state, why, now, commanded, request):
                supersede(connection, run.id, again, why, now)
            want_all(connection, run, show, now)
            settle(connection, delivery, why, now)

        await self._database.write(move)

    async def order(self, run: Run, state: RunState, why: str, told: str) -> None:
        """Move a run as an operator orders, and note it: no comment on GitHub shows who did."""
        now = self._clock.now()

        def order(connection: sa.Connection) -> None:
            if move_row(connection, run.id, state, why, now, None, None):
                note(connection, run.id, "", told, now)

        await self._database.write(order)

    async def heed(
        self,
        delivery: int | None,
        run: Run,
        why: str,
        show: tuple[Desired, ...],
        commanded: Commanded,
    ) -> None:
        """Put an order on record that moves nothing; the delivery is dealt with."""
        now = self._clock.now()

        def heed(connection: sa.Connection) -> None:
            put_on_record(connection, run.id, commanded, behind_all(connection, run.id, now))
            touch(connection, run.id)
            want_all(connection, run, show, now)
            settle(connection, delivery, why, now)

        await self._database.write(heed)

    async def raise_limit(
        self,
        delivery: int | None,
        run: Run,
        usd: Decimal,
        why: str,
        show: tuple[Desired, ...],
        commanded: Commanded,
    ) -> None:
        """Let a run spend `usd` in all; one that stopped by itself goes on.

        The delivery is dealt with. The order goes on record. A limit that is higher by now stays,
        and then nothing was ordered.
        """
        now = self._clock.now()
        below = sa.and_(RunRow.id == run.id, RunRow.limit_usd < usd)

        def raise_limit(connection: sa.Connection) -> None:
            raised = connection.execute(sa.update(RunRow).where(below).values(limit_usd=usd))
            if raised.rowcount:
                put_on_record(connection, run.id, commanded, behind_all(connection, run.id, now))
            touch(connection, run.id)
            if stopped_by_itself(connection, run.id):
                move_row(connection, run.id, RunState.RUNNING, why, now, None, None)
            want_all(connection, run, show, now)
            settle(connection, delivery, why, now)

        await self._database.write(raise_limit)

    async def note_edit(self, delivery: int | None, run: Run, request: Request | None) -> None:
        """Note how the issue of a run reads by now; None: as the run has it."""
        now = self._clock.now()

        def note(connection: sa.Connection) -> None:
            connection.execute(
                sa.update(RunRow).where(RunRow.id == run.id).values(edited=request_to_json(request))
            )
            touch(connection, run.id)
            settle(connection, delivery, "the issue was edited", now)

        await self._database.write(note)

    async def note_tip(self, delivery: int | None, repository: int, branch: str, tip: str) -> None:
        """Note where the base branch of runs stands by now; the delivery is dealt with."""
        now = self._clock.now()
        theirs = sa.and_(
            RunRow.repository_id == repository,
            RunRow.state.not_in(OVER),
            RunRow.base["branch"].as_string() == branch,
        )

        def note(connection: sa.Connection) -> None:
            for row in connection.execute(sa.select(RunRow.id, RunRow.base).where(theirs)).all():
                drift = None if row.base["sha"] == tip else asdict(Drift(tip))
                change = sa.update(RunRow).where(RunRow.id == row.id).values(drift=drift)
                connection.execute(change)
                touch(connection, row.id)
            settle(connection, delivery, f"{branch} has moved", now)

        await self._database.write(note)

    async def remember(self, repository: Repository) -> None:
        """Keep a repository as it is called today, and whose it is; its runs follow it."""
        await self._database.write(lambda connection: remember_repository(connection, repository))

    async def answer(
        self,
        delivery: int | None,
        repository: Repository,
        number: int,
        show: tuple[Desired, ...],
        why: str,
    ) -> None:
        """Post something where no run need be; the delivery is dealt with.

        A conversation that has had 60 replies in a day gets reactions alone: whatever answers each
        of ours with another command would go on for ever.
        """
        now = self._clock.now()

        def answer(connection: sa.Connection) -> None:
            remember_repository(connection, repository)
            full = replies_since(connection, repository.id, number, now - DAY) >= MOST_REPLIES
            for desired in show:
                if not (full and desired.kind is OutwardKind.COMMENT):
                    want(connection, repository.id, number, None, desired, now)
            settle(connection, delivery, why, now)

        await self._database.write(answer)

    async def ignore(self, delivery: int | None, why: str) -> None:
        """Deal with a delivery by doing nothing."""
        now = self._clock.now()
        await self._database.write(lambda connection: settle(connection, delivery, why, now))
