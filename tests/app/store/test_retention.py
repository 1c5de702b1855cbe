import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
import sqlalchemy as sa

from app.durable.delivery_queues import DeliveryQueues
from app.durable.reception import Reception
from app.durable.upkeep import Keeping, Upkeep
from app.github.inbox import Inbox
from app.store.database import Database
from app.store.deliveries import Deliveries
from app.store.logs import StoredLogs
from app.store.records import StoredRecords
from app.store.retention import Retention
from app.store.runs import Runs
from app.store.tables import (
    DeliveryRow,
    LedgerRow,
    OpeningRow,
    OutputRow,
    OutwardRow,
    RepositoryRow,
    ResultRecord,
    RunRow,
    Table,
    TurnRecord,
)
from app.wiring.web import StoredReceiver
from app.workspace.attic import Attic
from app.workspace.environments.cache import EnvironmentCache
from phases.core.command import Commanded, Word
from phases.core.errors import StaleSegmentError
from phases.core.events import Removed
from phases.core.machine import RunState
from phases.core.model import Run, StepOutcome
from phases.core.record import Performed
from phases.core.work import PhaseName, WorkName
from tests.app.serving import served
from tests.app.store.story import LABELLED, REPOSITORY, deliver, running
from tests.app.web.parts import application, headers
from tests.fakes.outside import ManualClock, green

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
        (OpeningRow, {"session": session, "run_id": run.id, "own": ["what was made"]}),
        (ResultRecord, key | {"results": [], "snapshot": None, "at": at}),
        (OutputRow, key | {"call": 0, "run_id": run.id, "text": b"x", "at": at}),
        (LedgerRow, paid),
    )

    def add(connection: sa.Connection) -> None:
        for table, row in rows:
            connection.execute(sa.insert(table).values(**row))

    await database.write(add)


async def tidied(database: Database, clock: ManualClock, place: Path, files: timedelta) -> None:
    keeping = Keeping(transcripts=DAY, workflows=DAY, files=files, environments=DAY)
    environments, attic = EnvironmentCache(place / "environments"), Attic(place)
    retention = Retention(database, clock)
    belongings, asked = (attic, environments), list[datetime]()

    async def forget_workflows(before: datetime) -> int:
        asked.append(before)
        return 0

    upkeep = Upkeep(retention, attic, environments, belongings, forget_workflows, keeping, clock)
    await upkeep.tidy()
    assert asked == [clock.moment - DAY]


async def ended(database: Database, runs: Runs, clock: ManualClock) -> Run:
    run = await running(database, runs)
    await talked(database, run, clock.now())
    await runs.move(None, run, RunState.CANCELLED, "asked for", ())
    return run


async def test_transcripts_of_runs_long_over_are_forgotten_and_nothing_else(
    database: Database, runs: Runs, clock: ManualClock
) -> None:
    """Attack 76."""
    await ended(database, runs, clock)
    retention = Retention(database, clock)

    too_early = await retention.forget_transcripts(clock.now() - DAY)
    forgotten = await retention.forget_transcripts(clock.now() + DAY)

    assert (too_early, forgotten) == (0, 1)
    for table in (OpeningRow, TurnRecord, ResultRecord, OutputRow):
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
    dependencies = prepared(tmp_path, REPOSITORY.id)

    await tidied(database, clock, tmp_path, files=-DAY)

    assert Attic(tmp_path).runs() == (other.id,)
    assert mirror.exists()
    assert dependencies.exists()


async def test_files_of_a_run_that_is_just_over_are_kept_for_a_while(
    database: Database, runs: Runs, clock: ManualClock, tmp_path: Path
) -> None:
    over = await ended(database, runs, clock)
    (tmp_path / "11" / "runs" / f"{over.id}.git").mkdir(parents=True)

    await tidied(database, clock, tmp_path, files=DAY)

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


class Nothing:
    """Whatever a removal never asks for."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(name)


class Furnished:
    """Labels that have been made in repositories, of which some are forgotten."""

    def __init__(self) -> None:
        self.forgotten: list[Removed] = []

    def forget(self, removed: Removed) -> None:
        self.forgotten.append(removed)

    async def furnish(self, installation: int) -> None:
        raise AssertionError(installation)


async def post(database: Database, event: str, payload: dict[str, Any]) -> int:
    """Send a signed delivery to the real webhook over HTTP; return the status."""
    body = json.dumps(payload).encode()
    receiver = StoredReceiver(Deliveries(database), lambda: None)
    async with (
        served(application(receiver)) as base,
        httpx.AsyncClient(base_url=base, trust_env=False) as client,
    ):
        given = headers(body, **{"x-github-event": event})
        return (await client.post("/webhooks/github", content=body, headers=given)).status_code


def prepared(place: Path, repository: int) -> Path:
    """Leave what was prepared for a repository as the cache lays it out."""
    entry = place / "environments" / f"for-{repository}"
    (entry / "0").mkdir(parents=True)
    (entry / "entry.json").write_text('["node_modules"]')
    (entry / "repository").write_text(f"{repository}")
    return entry


async def test_a_signed_post_that_says_the_app_is_gone_takes_everything_of_its_repositories(
    database: Database, runs: Runs, records: StoredRecords, clock: ManualClock, tmp_path: Path
) -> None:
    """Attack 76."""
    run = await running(database, runs)
    await talked(database, run, clock.now())
    ordered = Commanded(Word.SKIP, "architect", LABELLED.actor, clock.now())
    await runs.heed(None, run, "asked for", (), ordered)
    output = await StoredLogs(database, clock).keep("what the tests of a private repository said")
    receipt = replace(green("c" * 40, 1)[0], log_sha256=output)
    work = WorkName(PhaseName.QA, "checks", 1)
    await records.begin(run, work, "Check")
    at = clock.now()
    done = Performed(work, "Check", 1, at, at, StepOutcome.DONE, receipts=(receipt,))
    await records.finish(run, done, ())
    (tmp_path / "11" / "runs" / f"{run.id}.git").mkdir(parents=True)
    (tmp_path / "11" / "mirror.git").mkdir()
    mine = prepared(tmp_path, REPOSITORY.id)
    rest: Any = Nothing()
    labels = Furnished()
    retention = Retention(database, clock)
    reception = Reception(rest, runs, records, labels, retention, rest)
    inbox = Inbox(label="phaseline", app_id=1)

    gone = {"action": "deleted", "installation": {"id": REPOSITORY.installation}}
    status = await post(database, "installation", gone)
    await DeliveryQueues(Deliveries(database), inbox, reception, clock, 60.0).take(9)
    await tidied(database, clock, tmp_path, files=DAY)

    assert status == 202
    assert labels.forgotten == [Removed(REPOSITORY.installation, None)]
    assert await Deliveries(database).waiting(9) == ()
    tables = (mapper.class_ for mapper in Table.registry.mappers)
    left = {table.__tablename__: await count(database, table) for table in tables}
    assert {name: rows for name, rows in left.items() if rows} == {"delivery": 2}
    bodies = sa.select(DeliveryRow.body)
    assert await database.read(lambda c: set(c.scalars(bodies))) == {b""}
    assert Attic(tmp_path).repositories() == ()
    assert not mine.exists()
    with pytest.raises(StaleSegmentError):
        await records.begin(run, work, "Check")


def test_dependencies_that_nobody_has_used_for_long_are_removed(tmp_path: Path) -> None:
    cache = EnvironmentCache(tmp_path)
    for key in ("used", "unused"):
        (tmp_path / key / "0").mkdir(parents=True)
        (tmp_path / key / "entry.json").write_text('["node_modules"]')
        os.utime(tmp_path / key / "entry.json", (0, 0))
    used = cache.find("used")

    removed = cache.forget_unused(datetime.now(UTC) - DAY)

    assert removed == 1
    assert used is not None
    assert cache.find("used") == used
    assert cache.find("unused") is None
    assert not (tmp_path / "unused").exists()
