"""A run from its label to its stop, over a real database, with the outside played by fakes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from app.durable.context import SegmentContext
from app.store.database import Database
from app.store.deliveries import Deliveries
from app.store.records import StoredRecords
from app.store.runs import Runs
from app.store.tables import OutwardRow
from phases.actions import ActionPerformer
from phases.core.check_run import parse_check_run
from phases.core.errors import Setback
from phases.core.machine import RunState
from phases.core.model import Run, Variant
from phases.core.outward import OutwardKind
from phases.core.record import Performed, Record
from phases.core.tracker import tracker
from phases.core.work import PhaseName, WorkName
from phases.engine import Engine, Stop, said_at
from phases.performing import Performing
from phases.pipeline import standard_pipeline
from phases.steps import StepPerformer
from tests.app.store.story import deliver, running
from tests.databases import migrated
from tests.fakes.outside import FakeForge, FakeWorkspaces, ManualClock, Play, ScriptedSessions
from tests.fakes.team import team

NOTICE = "A rehearsal."


@dataclass
class World:
    """One run and everything around it."""

    database: Database
    records: StoredRecords
    runs: Runs
    workspaces: FakeWorkspaces
    forge: FakeForge
    sessions: ScriptedSessions
    clock: ManualClock
    run: Run

    async def drive(self) -> Stop:
        """Drive the run to its next stop and record it."""
        pipeline = standard_pipeline()
        steps = StepPerformer(self.records, self.workspaces, self.sessions, self.clock, NOTICE)
        actions = ActionPerformer(self.records, self.workspaces, self.forge, self.clock, NOTICE)
        performing = Performing(pipeline, self.records, steps, actions)
        run = await self.runs.take(self.run.id, self.run.segment)

        async def step(name: WorkName, answering: tuple[WorkName, ...]) -> Setback | None:
            return await performing.perform(run.id, run.segment, name, answering)

        record = await self.records.record(run.id)
        stop = await Engine(pipeline, self.records).drive(
            SegmentContext(record, self.records, step)
        )
        show = said_at(stop, await self.record())
        await self.runs.stop(
            run, stop.state, stop.reason, stop.after_seconds, show, stop.approval_of
        )
        return stop

    async def retry(self) -> None:
        """Let a person ask for another try."""
        await deliver(self.database, f"retry {self.run.segment}")
        (delivery,) = await Deliveries(self.database).waiting(1)
        await self.runs.move(delivery.id, self.run, RunState.RUNNING, "asked for", ())
        found = await self.runs.find(self.run.id)
        assert found is not None
        self.run = found

    async def record(self) -> Record:
        """Return what is on record."""
        return await self.records.record(self.run.id)

    async def work(self, name: str) -> Performed:
        """Return one piece of work."""
        found = (await self.record()).find(WorkName.parse(name))
        assert found is not None, f"{name} was never begun"
        return found

    async def names(self, phase: PhaseName) -> list[str]:
        """Return the works of a phase in the order in which they began, without the phase."""
        works = (await self.record()).works
        return [str(w.name).partition("/")[2] for w in works if w.name.phase is phase]

    async def tracker(self) -> str:
        """Return the tracker as it reads now."""
        return tracker(await self.record(), standard_pipeline().phases)

    async def wanted(self) -> list[str]:
        """Return the keys of what should stand on GitHub, oldest first."""
        keys = sa.select(OutwardRow.key).order_by(OutwardRow.id)
        return await self.database.read(lambda connection: list(connection.scalars(keys)))

    async def check_runs(self) -> dict[str, str | None]:
        """Return the conclusion that each commit's check run should show, None while at work."""
        query = sa.select(OutwardRow.text).where(OutwardRow.kind == OutwardKind.CHECK_RUN)
        texts = await self.database.read(lambda connection: list(connection.scalars(query)))
        return {run.commit: run.conclusion for run in map(parse_check_run, texts)}


@asynccontextmanager
async def world(
    directory: Path,
    play: Play,
    *,
    variant: Variant = Variant.STANDARD,
    clock: ManualClock | None = None,
) -> AsyncIterator[World]:
    """Label an issue; the run's first segment may be driven."""
    url = migrated(directory / "phaseline.db")
    clock = clock or ManualClock()
    async with Database(url) as database:
        runs = Runs(database, clock, Decimal(15))
        yield World(
            database=database,
            records=StoredRecords(database, clock),
            runs=runs,
            workspaces=FakeWorkspaces(team()),
            forge=FakeForge(),
            sessions=ScriptedSessions(play),
            clock=clock,
            run=await running(database, runs, variant),
        )
