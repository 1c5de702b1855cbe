import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.store.database import Database
from app.store.engine import make_durable_engine, make_engine
from app.store.migrating import NewerSchemaError, migrate
from app.store.tables import LogRow, Table
from phases.core.errors import TransientError
from tests.app.store.story import LABELLED
from tests.postgres import create_database


async def keep(database: Database, name: str) -> None:
    row = sa.insert(LogRow).values(sha256=name, text=b"x", at=LABELLED.at)
    await database.write(lambda connection: connection.execute(row))


async def kept(database: Database) -> int:
    count = sa.select(sa.func.count()).select_from(LogRow)
    return await database.read(lambda connection: connection.scalar(count) or 0)


async def test_a_write_that_fails_takes_none_of_its_neighbours_down(database: Database) -> None:
    await keep(database, "taken")

    writes = [keep(database, name) for name in ("a", "taken", "b", "c")]
    ends = await asyncio.gather(*writes, return_exceptions=True)

    assert [type(end) for end in ends] == [type(None), sa.exc.IntegrityError, *[type(None)] * 2]
    assert await kept(database) == 4


async def test_what_a_failed_change_had_written_is_taken_back(database: Database) -> None:
    def half(connection: sa.Connection) -> None:
        connection.execute(sa.insert(LogRow).values(sha256="half", text=b"x", at=LABELLED.at))
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await database.write(half)

    assert await kept(database) == 0


async def test_a_caller_that_has_gone_leaves_its_write_and_holds_up_nobody(
    database: Database,
) -> None:
    gone = asyncio.ensure_future(keep(database, "gone"))
    await asyncio.sleep(0)
    gone.cancel()
    await keep(database, "stays")

    assert gone.cancelled()
    assert await kept(database) == 2


async def test_closing_writes_what_was_queued(url: str) -> None:
    async with Database(url) as database:
        pending = [asyncio.ensure_future(keep(database, str(n))) for n in range(50)]
        await asyncio.sleep(0)
    await asyncio.gather(*pending)

    async with Database(url) as database:
        assert await kept(database) == 50


async def test_the_database_is_in_wal_mode_on_an_sqlite_without_the_wal_bug(
    tmp_path: Path,
) -> None:
    def look(connection: sa.Connection) -> tuple[str, str]:
        mode = connection.exec_driver_sql("pragma journal_mode").scalar_one()
        version = connection.exec_driver_sql("select sqlite_version()").scalar_one()
        return mode, version

    async with Database(f"sqlite:///{tmp_path / 'p.db'}") as database:
        mode, version = await database.read(look)

    assert mode == "wal"
    assert tuple(map(int, version.split("."))) >= (3, 51, 3)


def test_the_migrations_make_exactly_the_tables_of_the_models(url: str, tmp_path: Path) -> None:
    modelled = f"sqlite:///{tmp_path / 'modelled.db'}"
    if url.startswith("postgresql:"):
        socket = url.rpartition("host=")[2]
        modelled = create_database(socket, "modelled")
    engine = make_engine(modelled, begin="IMMEDIATE")
    Table.metadata.create_all(engine)
    engine.dispose()

    assert shape(url) == shape(modelled)


def shape(url: str) -> dict[str, object]:
    engine = make_engine(url, begin="DEFERRED")
    inspector = sa.inspect(engine)
    found: dict[str, object] = {
        table: (
            sorted(
                (c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)
            ),
            sorted(str(u["column_names"]) for u in inspector.get_unique_constraints(table)),
            sorted(str(i["column_names"]) for i in inspector.get_indexes(table)),
            inspector.get_pk_constraint(table)["constrained_columns"],
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }
    engine.dispose()
    return found


def test_migrating_twice_changes_nothing_the_second_time(url: str) -> None:
    before, after = migrate(url)

    assert before == after


def test_a_database_of_a_newer_version_is_refused_with_its_revision(url: str) -> None:
    engine = make_engine(url, begin="IMMEDIATE")
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    engine.dispose()

    with pytest.raises(NewerSchemaError, match="9999"):
        migrate(url)


@pytest.fixture
def served(socket: str) -> str:
    """The URL of a database on a server."""
    return create_database(socket, f"served{uuid.uuid4().hex}", "migrated")


def test_no_session_may_stand_still_in_a_transaction_for_long(served: str) -> None:
    """A frozen worker keeps its connection: whoever takes over would wait for its locks."""
    for engine in (make_engine(served, begin="IMMEDIATE"), make_durable_engine(served)):
        with engine.connect() as connection:
            (told,) = connection.exec_driver_sql("show idle_in_transaction_session_timeout").one()
        engine.dispose()

        assert told == "5s"


@pytest.mark.parametrize(
    ("said", "timeout"), [("", "30000"), ("&tcp_user_timeout=7000", "7000")], ids=["ours", "URL"]
)
def test_a_server_that_has_vanished_is_waited_for_as_long_as_the_url_says_or_half_a_minute(
    served: str, said: str, timeout: str
) -> None:
    for engine in (
        make_engine(served + said, begin="DEFERRED"),
        make_durable_engine(served + said),
    ):
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            known = driver.info.get_parameters()
        engine.dispose()

        assert known["tcp_user_timeout"] == timeout
        assert known["keepalives_idle"] == "30"
        assert known["connect_timeout"] == "10"


async def test_what_the_server_ended_because_it_stood_still_may_be_tried_again(served: str) -> None:
    def stand_still(connection: sa.Connection) -> None:
        row = sa.insert(LogRow).values(sha256="a", text=b"x", at=LABELLED.at)
        connection.execute(row)
        pid = connection.scalar(sa.text("select pg_backend_pid()"))
        connection.execute(sa.text("set local idle_in_transaction_session_timeout = 50"))
        look = sa.text("select count(*) from pg_stat_activity where pid = :pid")
        with other.connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
            while looking.scalar(look, {"pid": pid}):
                time.sleep(0.01)
        connection.execute(row)

    other = make_engine(served, begin="DEFERRED")
    async with Database(served) as database:
        for end in (database.write, database.read):
            with pytest.raises(TransientError):
                await end(stand_still)
        await keep(database, "a")

        assert await kept(database) == 1
    other.dispose()
