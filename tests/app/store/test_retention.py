from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from app.durable.upkeep import Keeping, Upkeep
from app.store.deliveries import Deliveries
from app.store.engine import Database
from app.store.records import StoredRecords
from app.store.retention import Retention
from app.store.runs import Runs
from app.store.tables import (
    LedgerRow,
    OutputRow,
    OutwardRow,
    RepositoryRow,
    ResultRecord,
    RunRow,
    Table,
    TurnRecord,
)
from app.workspace.attic import Attic
from phases.core.events import Removed
from phases.core.machine import RunState
from phases.core.model import Run
from tests.app.store.story import LABELLED, REPOSITORY, deliver, running
from tests.fakes.outside import ManualClock

DAY = timedelta(days=1)


async def count(database: Database, table: type[Table]) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return await database.read(lambda connection: connection.scalar(query) or 0)


async def talked(database: Database, run: Run, at: object) -> None:
    """Give a run one turn with its result, its output and its price."""
    session = f"{run.id}/planning/architect/1#1"
    key = {"session": session, "n": 0}
    nothing = {c.name: 0 for c in LedgerRow.__table__.columns if c.name != "id"}
    named = dict.fromkeys(("name", "model", "prices", "request_id"), "x")
    paid = (
        nothing
        | named
        | key
        | {"run_id": run.id, "repository_id": 11, "cost": Decimal(1), "at": at}
    )
    rows: Sequence[tuple[type[Table], dict[str, object]]] = (
        (
            TurnRecord,
            key | {"run_id": run.id, "request_sha256": "", "reply": {}, "seconds": 1.0, "at": at},
        ),
        (ResultRecord, key | {"results": [], "snapshot": None, "at": at}),
        (OutputRow, key | {"call": 0, "run_id": run.id, "text": b"x", "at": at}),
        (LedgerRow, paid),
    )

    def add(connection: sa.Connection) -> None:
        for table, row in rows:
            connection.execute(sa.insert(table).values(**row))

    await database.write(add)


async def ended(database: Database, runs: Runs, clock: ManualClock) -> Run:
    run = await running(database, runs)
    await talked(database, run, clock.now())
    await runs.move(None, run, RunState.CANCELLED, "asked for", ())
    return run


async def test_transcripts_of_runs_long_over_are_forgotten_and_nothing_else(
    database: Database, runs: Runs, clock: ManualClock
) -> None:
    await ended(database, runs, clock)
    retention = Retention(database, clock)

    too_early = await retention.forget_transcripts(clock.now() - DAY)
    forgotten = await retention.forget_transcripts(clock.now() + DAY)

    assert (too_early, forgotten) == (0, 1)
    for table in (TurnRecord, ResultRecord, OutputRow):
        assert await count(database, table) == 0
    assert await count(database, LedgerRow) == 1
    assert await count(database, RunRow) == 1


async def test_the_transcript_of_a_run_under_way_is_kept_however_old(
    database: Database, runs: Runs, clock: ManualClock
) -> None:
    run = await running(database, runs)
    await talked(database, run, clock.now())

    assert await Retention(database, clock).forget_transcripts(clock.now() + 900 * DAY) == 0


async def test_files_of_runs_that_are_over_or_unknown_are_removed_and_others_stay(
    database: Database, runs: Runs, clock: ManualClock, tmp_path: Path
) -> None:
    over = await ended(database, runs, clock)
    other = await runs.start(None, replace(LABELLED, issue=4), 1)
    for name in (over.id, other.id, "nobodys"):
        (tmp_path / "11" / "runs" / f"{name}.git" / "objects").mkdir(parents=True)
    mirror = tmp_path / "11" / "mirror.git"
    mirror.mkdir()
    keeping = Keeping(transcripts=DAY, files=-DAY)

    await Upkeep(Retention(database, clock), Attic(tmp_path), keeping, clock).tidy()

    assert Attic(tmp_path).runs() == (other.id,)
    assert mirror.exists()


async def test_files_of_a_run_that_is_just_over_are_kept_for_a_while(
    database: Database, runs: Runs, clock: ManualClock, tmp_path: Path
) -> None:
    over = await ended(database, runs, clock)
    (tmp_path / "11" / "runs" / f"{over.id}.git").mkdir(parents=True)

    keeping = Keeping(transcripts=DAY, files=DAY)
    await Upkeep(Retention(database, clock), Attic(tmp_path), keeping, clock).tidy()

    assert Attic(tmp_path).runs() == (over.id,)


async def test_an_uninstalled_app_forgets_everything_of_the_installation(
    database: Database, runs: Runs, records: StoredRecords, clock: ManualClock
) -> None:
    run = await running(database, runs)
    await talked(database, run, clock.now())
    await deliver(database, "gone")
    (delivery,) = await Deliveries(database).waiting(1)
    retention = Retention(database, clock)

    other = await retention.forget(None, Removed(REPOSITORY.installation + 1, None))
    elsewhere = await retention.forget(None, Removed(REPOSITORY.installation, (999,)))
    forgotten = await retention.forget(delivery.id, Removed(REPOSITORY.installation, None))

    assert (other, elsewhere, forgotten) == (0, 0, 1)
    assert await records.find(run.id) is None
    for table in (RepositoryRow, OutwardRow, TurnRecord, ResultRecord, LedgerRow):
        assert await count(database, table) == 0
    assert await Deliveries(database).waiting(9) == ()
