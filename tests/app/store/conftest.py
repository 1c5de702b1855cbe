from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.store.engine import Database
from app.store.migrating import migrate
from app.store.money import DayLimits, Spending
from app.store.records import StoredRecords
from app.store.runs import Runs
from tests.fakes.outside import ManualClock


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'phaseline.db'}"
    migrate(url)
    async with Database(url) as database:
        yield database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def spending(database: Database, clock: ManualClock) -> Spending:
    return Spending(database, clock, DayLimits(Decimal(60), Decimal(200)))


@pytest.fixture
def runs(database: Database, clock: ManualClock) -> Runs:
    return Runs(database, clock, Decimal(15))


@pytest.fixture
def records(database: Database, clock: ManualClock, spending: Spending) -> StoredRecords:
    return StoredRecords(database, clock, spending)
