"""What is asked twice a second, whether anything has happened or not."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.store.database import Database
from app.store.outbox import StoredOutbox
from tests.databases import migrated
from tests.fakes.outside import ManualClock


async def test_what_is_unsent_is_found_by_an_index_of_its_own(tmp_path: Path) -> None:
    url = migrated(tmp_path / "phaseline.db")
    async with Database(url) as database:
        asked = _listen(database)

        await StoredOutbox(database, ManualClock()).due(100)

        statement, parameters = asked[-1]
        plan = await database.read(
            lambda connection: connection.exec_driver_sql(
                f"explain query plan {statement}", parameters
            ).all()
        )
    (outward,) = (str(row[-1]) for row in plan if "outward" in str(row[-1]))
    assert "ix_outward_unsent" in outward


def _listen(database: Database) -> list[tuple[str, Any]]:
    asked: list[tuple[str, Any]] = []

    @sa.event.listens_for(database._reading, "before_cursor_execute")
    def heard(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "outward" in statement:
            asked.append((statement, parameters))

    return asked
