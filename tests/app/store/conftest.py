from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from app.store.database import Database
from app.store.migrating import migrate
from app.store.money import Spending, SpendingLimits
from app.store.outbox import StoredOutbox
from app.store.records import StoredRecords
from app.store.runs import Runs
from tests.databases import migrated
from tests.fakes.outside import ManualClock
from tests.postgres import create_database, postgres_server, url_of

_NUMBERS = count()


@pytest.fixture(scope="session")
def socket() -> Iterator[str]:
    """The socket of a PostgreSQL whose database `migrated` has the newest schema."""
    with postgres_server() as socket:
        create_database(socket, "migrated")
        migrate(url_of(socket, "migrated"))
        yield socket


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database with the newest schema, of either kind."""
    if request.param == "sqlite":
        return migrated(tmp_path / "phaseline.db")
    socket = request.getfixturevalue("socket")
    return create_database(socket, f"test{next(_NUMBERS)}", "migrated")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with Database(url) as database:
        yield database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def spending(database: Database, clock: ManualClock) -> Spending:
    return Spending(database, clock, SpendingLimits(Decimal(60), Decimal(200), Decimal(4), 1800.0))


@pytest.fixture
def runs(database: Database, clock: ManualClock) -> Runs:
    return Runs(database, clock, Decimal(15))


@pytest.fixture
def records(database: Database, clock: ManualClock) -> StoredRecords:
    return StoredRecords(database, clock)


@pytest.fixture
def outbox(database: Database, clock: ManualClock) -> StoredOutbox:
    return StoredOutbox(database, clock)
