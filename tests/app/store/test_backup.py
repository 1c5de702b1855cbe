"""Copies of a database that is in use."""

import asyncio
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.store.backup import BackupError, backup
from app.store.database import Database
from app.store.tables import LogRow
from tests.app.store.story import LABELLED
from tests.databases import migrated


async def keep(database: Database, name: str) -> None:
    row = sa.insert(LogRow).values(sha256=name, text=b"x" * 5000, at=LABELLED.at)
    await database.write(lambda connection: connection.execute(row))


async def kept(url: str) -> int:
    count = sa.select(sa.func.count()).select_from(LogRow)
    async with Database(url) as database:
        return await database.read(lambda connection: connection.scalar(count) or 0)


async def test_a_copy_made_while_others_write_is_whole_and_nobody_elses(tmp_path: Path) -> None:
    url = migrated(tmp_path / "p.db")
    copy = tmp_path / "copy.db"
    async with Database(url) as database:
        for n in range(50):
            await keep(database, f"before{n}")

        writing = [asyncio.create_task(keep(database, f"beside{n}")) for n in range(200)]
        await asyncio.to_thread(backup, url, copy)
        await asyncio.gather(*writing)

    found = await kept(f"sqlite:///{copy}")
    assert 50 <= found <= 250
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not copy.with_name("copy.db.part").exists()


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    url = migrated(tmp_path / "p.db")
    target = tmp_path / "mine"
    target.write_text("mine")

    with pytest.raises(BackupError, match="left alone"):
        backup(url, target)

    assert target.read_text() == "mine"


def test_a_copy_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    url = migrated(tmp_path / "p.db")

    with pytest.raises(BackupError, match="nothing is left of it"):
        backup(url, tmp_path / "no" / "such" / "folder")


def test_for_postgresql_its_own_tool_is_named_and_no_password_repeated(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="pg_dump --format=custom") as caught:
        backup("postgresql://phaseline:hunter2@db/phaseline", tmp_path / "x")

    assert "hunter2" not in str(caught.value)
