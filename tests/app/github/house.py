"""A database that knows runs of issues on the stand-in, and the stand-in that knows the issues."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.durable.asides import Asides
from app.store.database import Database
from app.store.records import StoredRecords
from app.store.runs import Runs
from app.store.shown import ShownComments
from phases.core.model import Run
from phases.core.ports import Clock
from tests.app.github.standin import StandIn
from tests.app.store.story import LABELLED
from tests.databases import migrated


@dataclass(frozen=True)
class House:
    """The stand-in, and what the service knows and hears of it."""

    github: StandIn
    database: Database
    clock: Clock
    runs: Runs
    records: StoredRecords
    shown: ShownComments
    asides: Asides

    async def run(self) -> Run:
        """Let a run of a new issue begin."""
        issue = await self.github.issue()
        label = replace(LABELLED, repository=self.github.repository, issue=issue)
        return await self.runs.take((await self.runs.start(None, label, 1)).id, 1)

    async def act(self, method: str, path: str, body: Any = None) -> Any:
        """Do something as a maintainer; the path is below the repository."""
        return await self.github.act("maintainer", method, path, body)


@asynccontextmanager
async def housed(folder: Path, github: StandIn, clock: Clock) -> AsyncIterator[House]:
    """Yield a house with an empty database."""
    url = migrated(folder / "phaseline.db")
    async with Database(url) as database:
        runs, shown = Runs(database, clock, Decimal(15)), ShownComments(database, clock)
        records, asides = StoredRecords(database, clock), Asides(shown, runs)
        yield House(github, database, clock, runs, records, shown, asides)
