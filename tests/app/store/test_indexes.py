"""What is asked twice a second or at every turn is answered by an index that was made for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.store.database import Database
from app.store.money import Spending, SpendingLimits
from app.store.outbox import StoredOutbox
from app.store.runs import Runs
from tests.app.store.story import running
from tests.databases import migrated
from tests.fakes.outside import ManualClock

LIMITS = SpendingLimits(Decimal(60), Decimal(200), Decimal(4), 1800.0)


async def test_what_is_unsent_is_found_by_an_index_of_its_own(tmp_path: Path) -> None:
    async with Database(migrated(tmp_path / "phaseline.db")) as database:
        with _listening(database) as asked:
            await StoredOutbox(database, ManualClock()).due(100)

        (outward,) = await _steps(database, asked[-1], "outward")

    assert "ix_outward_unsent" in outward


async def test_sums_of_the_ledger_read_no_row_of_it(tmp_path: Path) -> None:
    async with Database(migrated(tmp_path / "phaseline.db")) as database:
        run = await running(database, Runs(database, ManualClock(), Decimal(15)))
        with _listening(database) as asked:
            await Spending(database, ManualClock(), LIMITS).allowance(run.id)

        of_run, of_day = await _steps(database, asked[-1], "ledger")

    assert "COVERING INDEX ix_ledger_of_run" in of_run
    assert "COVERING INDEX ix_ledger_of_day" in of_day


@contextmanager
def _listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Yield what is read meanwhile, as statements with their parameters."""
    asked: list[tuple[str, Any]] = []

    def heard(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(database._reading, "before_cursor_execute", heard)
    yield asked
    sa.event.remove(database._reading, "before_cursor_execute", heard)


async def _steps(database: Database, asked: tuple[str, Any], table: str) -> list[str]:
    """What SQLite does with a table to answer a statement."""
    statement, parameters = asked
    plan = await database.read(
        lambda connection: connection.exec_driver_sql(
            f"explain query plan {statement}", parameters
        ).all()
    )
    return [str(row[-1]) for row in plan if table in str(row[-1])]
