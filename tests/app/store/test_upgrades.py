"""Each migration over a database with rows of the revision before, on both kinds of database."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.store.database import Database
from app.store.engine import make_engine
from app.store.migrating import migrate, revisions
from app.store.records import StoredRecords
from app.store.runs import Runs
from tests.app.store.story import REPOSITORY
from tests.fakes.outside import ManualClock
from tests.postgres import create_database

ROOT = Path(__file__).parents[3]
NOW = round(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1_000_000)
_NUMBERS = count()


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(ROOT / "migrations"))
    return made


REVISIONS = sorted(r.revision for r in ScriptDirectory.from_config(config()).walk_revisions())

# What a row needs to be read again; every other column gets a value of its type.
KNOWN: dict[str, dict[str, Any]] = {
    "repository": {
        "id": REPOSITORY.id,
        "owner": REPOSITORY.owner,
        "name": REPOSITORY.name,
        "default_branch": REPOSITORY.default_branch,
    },
    "run": {
        "id": "r1",
        "repository_id": REPOSITORY.id,
        "state": "running",
        "request": None,
        "base": None,
        "pull_request": None,
        "limit_usd": 15 * 10**9,
        "variant": "standard",
        "awaiting": None,
        "edited": None,
        "drift": None,
    },
    "command": {"run_id": "r1", "word": "skip"},
    "work": {
        "run_id": "r1",
        "name": "planning/architect/1",
        "outcome": "done",
        "submission": None,
        "commit": None,
        "receipts": [],
        "facts": {},
        "artifact_name": "system-plan.md",
    },
    "passage": {"run_id": "r1", "phase": "planning"},
    "note": {"run_id": "r1", "name": ""},
    "ledger": {"run_id": "r1", "repository_id": REPOSITORY.id, "name": "planning/architect/1"},
    "opening": {"run_id": "r1"},
    "turn": {"run_id": "r1"},
    "output": {"run_id": "r1"},
    "snapshot": {"run_id": "r1"},
    "outward": {"run_id": "r1", "repository_id": REPOSITORY.id, "owner": "r1"},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'phaseline.db'}"
    socket = request.getfixturevalue("socket")
    return create_database(socket, f"upgraded{next(_NUMBERS)}")


def made_at(url: str, revision: str) -> dict[str, dict[str, Any]]:
    """Make the schema of a revision with a row in each table; return the rows by table."""
    engine = make_engine(url, begin="IMMEDIATE")
    with engine.begin() as connection:
        alembic = config()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, revision)
        found = sa.MetaData()
        found.reflect(connection)
        rows: dict[str, dict[str, Any]] = {}
        for table in found.sorted_tables:
            if table.name != "alembic_version":
                rows[table.name] = row_for(table)
                connection.execute(table.insert(), rows[table.name])
    engine.dispose()
    return rows


def row_for(table: sa.Table) -> dict[str, Any]:
    known = KNOWN.get(table.name, {})
    return {
        column.name: known[column.name] if column.name in known else value_for(column)
        for column in table.columns
    }


def value_for(column: sa.Column[Any]) -> Any:
    match column.type:
        case sa.JSON():
            return {"some": "thing"}
        case sa.LargeBinary():
            return b"bytes"
        case sa.Double() | sa.Float():
            return 1.5
        case sa.Boolean():
            return True
        case sa.Integer() | sa.BigInteger():
            return NOW if column.name.endswith("at") else 1
        case _:
            return f"{column.name} of old"


def rows_now(url: str, tables: list[str]) -> dict[str, dict[str, Any]]:
    engine = make_engine(url, begin="DEFERRED")
    found = sa.MetaData()
    with engine.begin() as connection:
        found.reflect(connection, only=tables)
        rows = {
            name: dict(connection.execute(sa.select(found.tables[name])).mappings().one())
            for name in tables
        }
    engine.dispose()
    return rows


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_an_earlier_schema_are_kept_by_every_migration_after_it(
    empty: str, revision: str
) -> None:
    before = made_at(empty, revision)

    was, newest = migrate(empty)

    assert (was, newest) == (revision, REVISIONS[-1])
    after = rows_now(empty, list(before))
    for table, row in before.items():
        kept = {name: value for name, value in after[table].items() if name in row}
        assert kept == row


def test_of_two_processes_that_migrate_at_once_one_does_and_the_other_finds_it_done(
    empty: str,
) -> None:
    forks = get_context("fork")
    together, found = forks.Barrier(2), forks.SimpleQueue()

    def migrate_together() -> None:
        together.wait()
        found.put(migrate(empty))

    processes = [forks.Process(target=migrate_together) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0]
    before = {found.get(), found.get()}
    assert before == {(None, REVISIONS[-1]), (REVISIONS[-1], REVISIONS[-1])}


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_run_under_way_in_an_earlier_schema_goes_on(empty: str, revision: str) -> None:
    made_at(empty, revision)
    migrate(empty)
    clock = ManualClock()

    async with Database(empty) as database:
        (due,) = await Runs(database, clock, Decimal(15)).due()
        record = await StoredRecords(database, clock).record("r1")

    assert (due.run, due.repository) == ("r1", REPOSITORY.id)
    (work,) = record.works
    assert work.accepted
    assert work.artifact is not None


def test_the_revisions_that_files_are_named_by_are_those_of_the_migrations() -> None:
    script = ScriptDirectory.from_config(config())

    assert list(revisions()) == REVISIONS
    assert revisions()[-1] == script.get_current_head()
