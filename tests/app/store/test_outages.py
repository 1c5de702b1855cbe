"""The database is away, or its disk is full: an error that passes, and then it goes on."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.store.database import Database
from app.store.migrating import migrate
from app.store.tables import LogRow
from phases.core.errors import TransientError
from tests.app.store.story import LABELLED
from tests.databases import migrated
from tests.postgres import create_database, postgres_server, start_server, stop_server

MEGABYTE = 1 << 20


async def keep(database: Database, name: str, size: int = 1) -> None:
    row = sa.insert(LogRow).values(sha256=name, text=b"x" * size, at=LABELLED.at)
    await database.write(lambda connection: connection.execute(row))


async def kept(database: Database) -> int:
    count = sa.select(sa.func.count()).select_from(LogRow)
    return await database.read(lambda connection: connection.scalar(count) or 0)


async def test_while_postgresql_is_away_reads_and_writes_say_later_and_afterwards_they_go() -> None:
    with postgres_server() as socket:
        url = create_database(socket, "away")
        migrate(url)
        async with Database(url) as database:
            await keep(database, "before")
            await kept(database)

            stop_server(socket)
            with pytest.raises(TransientError, match="did not answer"):
                await kept(database)
            with pytest.raises(TransientError, match="did not take a write"):
                await keep(database, "meanwhile")
            start_server(socket)

            await keep(database, "after")
            assert await kept(database) == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


async def test_on_a_full_disk_writes_say_later_and_go_on_when_there_is_room(
    small_disk: Path,
) -> None:
    url = migrated(small_disk / "phaseline.db")
    async with Database(url) as database:
        await keep(database, "before")
        filling = small_disk / "filling"
        filled = os.statvfs(small_disk)
        filling.write_bytes(b"x" * (filled.f_bavail * filled.f_frsize))

        with pytest.raises(TransientError, match="disk is full"):
            await keep(database, "meanwhile", MEGABYTE)
        before = await kept(database)
        filling.unlink()
        await keep(database, "after", MEGABYTE)

        assert before == 1
        assert await kept(database) == 2
