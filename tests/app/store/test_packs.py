from dataclasses import replace

import pytest

from app.store.database import Database
from app.store.packs import StoredPacks
from app.store.records import StoredRecords
from app.store.runs import Runs
from phases.core.machine import RunState
from phases.core.model import Run, StepOutcome
from phases.core.record import Performed
from phases.core.work import PhaseName, WorkName
from tests.app.store.story import running
from tests.fakes.outside import ManualClock

NAME = WorkName(PhaseName.IMPLEMENTATION, "backend-developer", 1)
OTHER = replace(NAME, round=2)


@pytest.fixture
async def run(database: Database, runs: Runs) -> Run:
    return await running(database, runs)


@pytest.fixture
def packs(database: Database) -> StoredPacks:
    return StoredPacks(database, most_bytes=100)


async def test_packs_come_back_in_the_order_they_were_kept_and_each_once(
    packs: StoredPacks, run: Run
) -> None:
    for tree, pack in (("b", b"one"), ("a", b"two"), ("b", b"one")):
        assert await packs.keep(run.id, str(NAME), tree, pack)

    assert await packs.packs(run.id, str(NAME)) == (b"one", b"two")
    assert await packs.trees(run.id, str(NAME)) == ("b", "a")
    assert await packs.packs(run.id, str(OTHER)) == ()


async def test_a_run_has_no_room_beyond_its_bound_over_all_its_work(
    packs: StoredPacks, run: Run
) -> None:
    assert await packs.keep(run.id, str(NAME), "a", b"x" * 60)

    assert not await packs.keep(run.id, str(OTHER), "b", b"x" * 41)
    assert await packs.keep(run.id, str(OTHER), "c", b"x" * 40)


async def test_when_work_ends_its_packs_go_and_those_of_other_work_stay(
    packs: StoredPacks, records: StoredRecords, run: Run, clock: ManualClock
) -> None:
    for name in (NAME, OTHER):
        await packs.keep(run.id, str(name), "a", b"x")
    await records.begin(run, NAME, "Build")

    done = Performed(NAME, "Build", 1, clock.now(), clock.now(), StepOutcome.NO_CHANGE)
    await records.finish(run, done, ())

    assert await packs.trees(run.id, str(NAME)) == ()
    assert await packs.trees(run.id, str(OTHER)) == ("a",)


async def test_what_a_failed_attempt_left_stays_for_the_next_one(
    packs: StoredPacks, records: StoredRecords, run: Run, clock: ManualClock
) -> None:
    await packs.keep(run.id, str(NAME), "a", b"x")
    await records.begin(run, NAME, "Build")
    now = clock.now()
    failed = Performed(NAME, "Build", 1, now, now, StepOutcome.NO_OUTPUT, facts=(("left", "a"),))

    await records.finish(run, failed, ())
    await records.begin(run, NAME, "Build")

    work = (await records.record(run.id)).find(NAME)
    assert work is not None
    assert work.fact("left") == "a"
    assert await packs.trees(run.id, str(NAME)) == ("a",)


@pytest.mark.parametrize(("state", "left"), [(RunState.READY, 0), (RunState.BLOCKED, 1)])
async def test_when_a_run_is_over_its_packs_go(
    packs: StoredPacks, runs: Runs, run: Run, state: RunState, left: int
) -> None:
    await packs.keep(run.id, str(NAME), "a", b"x")

    await runs.stop(run, state, "", None, ())

    assert len(await packs.trees(run.id, str(NAME))) == left


async def test_when_a_person_cancels_a_run_its_packs_go(
    packs: StoredPacks, runs: Runs, run: Run
) -> None:
    await packs.keep(run.id, str(NAME), "a", b"x")

    await runs.move(None, run, RunState.CANCELLED, "asked", ())

    assert await packs.trees(run.id, str(NAME)) == ()
