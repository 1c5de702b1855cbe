"""A brief change is written by whoever asks, and never waits for others on the event loop."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from pysqlite3 import dbapi2 as sqlite

from app.store.database import Database
from app.store.tables import LogRow
from phases.core.errors import TransientError
from tests.app.store.story import LABELLED
from tests.databases import migrated

Add = Callable[[sa.Connection], str]
LONG = 5.0
"""How long others write, in seconds, where the event loop waits for them and so never ends it."""


def adding(name: str, text: bytes = b"x") -> Add:
    """A change that adds a row and returns the name of the thread that it runs on."""
    row = sa.insert(LogRow).values(sha256=name, text=text, at=LABELLED.at)

    def add(connection: sa.Connection) -> str:
        connection.execute(row)
        return threading.current_thread().name

    return add


async def names(database: Database) -> list[str]:
    query = sa.select(LogRow.sha256).order_by(sa.literal_column("rowid"))
    return await database.read(lambda connection: list(connection.scalars(query)))


def size(file: Path) -> int:
    return file.stat().st_size


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite database with the newest schema."""
    return Path(migrated(tmp_path / "phaseline.db").removeprefix("sqlite:///"))


async def test_on_sqlite_it_runs_on_the_thread_of_whoever_asks_and_is_kept(file: Path) -> None:
    async with Database(f"sqlite:///{file}") as database:
        thread = await database.write_briefly(adding("a"))

        assert thread == threading.current_thread().name
        assert await names(database) == ["a"]


async def test_a_server_is_written_to_by_the_writer_since_it_is_waited_for(url: str) -> None:
    async with Database(url) as database:
        thread = await database.write_briefly(adding("a"))

    assert (thread == "writer") == url.startswith("postgresql:")


async def test_while_another_process_writes_the_event_loop_goes_on(file: Path) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def write_elsewhere() -> None:
        other = sqlite.connect(str(file), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        begun.set()
        goes_on.wait(LONG)
        other.execute("COMMIT")
        other.close()

    async with Database(f"sqlite:///{file}") as database:
        elsewhere = asyncio.ensure_future(asyncio.to_thread(write_elsewhere))
        await asyncio.to_thread(begun.wait)
        brief = asyncio.ensure_future(database.write_briefly(adding("brief")))
        await asyncio.sleep(0)
        goes_on.set()

        await elsewhere
        assert await brief == "writer"


async def test_behind_what_is_being_written_it_waits_for_its_turn(file: Path) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def long(connection: sa.Connection) -> None:
        adding("long")(connection)
        begun.set()
        goes_on.wait(LONG)

    async with Database(f"sqlite:///{file}") as database:
        writing = asyncio.ensure_future(database.write(long))
        await asyncio.to_thread(begun.wait)
        brief = asyncio.ensure_future(database.write_briefly(adding("brief")))
        await asyncio.sleep(0)
        goes_on.set()

        await writing
        assert await brief == "writer"
        assert await names(database) == ["long", "brief"]


async def test_event_loops_of_several_threads_write_briefly_at_once(file: Path) -> None:
    async with Database(f"sqlite:///{file}") as database:

        async def add(thread: int) -> None:
            for number in range(50):
                await database.write_briefly(adding(f"{thread}-{number}"))

        await asyncio.gather(*(asyncio.to_thread(asyncio.run, add(n)) for n in range(3)))

        assert len(set(await names(database))) == 150


async def test_what_a_failed_one_had_written_is_taken_back(database: Database) -> None:
    def half(connection: sa.Connection) -> None:
        adding("half")(connection)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await database.write_briefly(half)
    await database.write_briefly(adding("whole"))
    with pytest.raises(sa.exc.IntegrityError):
        await database.write_briefly(adding("whole"))

    count = sa.select(sa.func.count()).select_from(LogRow)
    assert await database.read(lambda connection: connection.scalar(count)) == 1


async def test_a_full_disk_is_something_that_passes(file: Path) -> None:
    def fill(connection: sa.Connection) -> None:
        connection.exec_driver_sql("pragma max_page_count = 1")
        adding("large", b"x" * 1_000_000)(connection)

    async with Database(f"sqlite:///{file}") as database:
        with pytest.raises(TransientError, match="database or disk is full"):
            await database.write_briefly(fill)


async def test_brief_changes_leave_the_disk_to_the_writer(file: Path) -> None:
    async with Database(f"sqlite:///{file}") as database:
        before = size(file)
        for number in range(10):
            await database.write_briefly(adding(str(number), b"x" * 1_000_000))
        untouched = size(file)
        await database.write(adding("by the writer"))

        assert untouched == before
        assert size(file) > before + 10_000_000
