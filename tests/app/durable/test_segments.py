"""Segments on the real DBOS and a real database, with the outside played by fakes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOS

from app.durable.asides import Asides
from app.durable.bell import Bell
from app.durable.delivery_queues import DeliveryQueues
from app.durable.drain import Drain
from app.durable.keeper import OnlyKeeper
from app.durable.lanes import SharedLane, StraightLane
from app.durable.queueing import Queueing
from app.durable.reception import Reception
from app.durable.segments import (
    Segments,
    Workflow,
    forget_ended,
    give_up_everything,
    launched,
)
from app.durable.turns import SegmentLimits, Turns
from app.durable.worker import Worker
from app.settings import Settings, load
from app.store.deliveries import Deliveries
from app.store.engine import make_durable_engine
from app.store.outbox import StoredOutbox
from app.store.outlook import Outlook
from app.store.retention import Retention
from app.store.shown import ShownComments
from app.store.tables import RunRow
from app.wiring.duty import Crew, Post, on_duty
from phases.actions import ActionPerformer
from phases.core.errors import Blocked, Later
from phases.core.events import Event, Removed
from phases.core.machine import RunState
from phases.core.model import Person, Repository, Role
from phases.core.record import Record
from phases.engine import Engine
from phases.performing import Performing
from phases.pipeline import standard_pipeline
from phases.steps import StepPerformer
from tests.app.store.story import LABELLED, deliver
from tests.fakes.outside import JumpingClock
from tests.phases.play import standard_play
from tests.phases.world import World, world

MIND_SECONDS = 0.3
LIMITS = SegmentLimits(worker=4, repository=2, altogether=8)
AnyLane = StraightLane | SharedLane

# What SQLite says on a full disk, when a segment's end is to be written.
NO_ROOM_FOR_RUNS = """CREATE TRIGGER no_room_for_runs
    BEFORE UPDATE OF state ON run WHEN NEW.state = 'ready'
    BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"""
NO_ROOM_FOR_WORKFLOWS = """CREATE TRIGGER no_room_for_workflows
    BEFORE UPDATE OF status ON workflow_status WHEN NEW.status IN ('SUCCESS', 'ERROR')
    BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"""


class Everybody:
    async def role(self, repository: Repository, person: Person) -> Role:
        return Role.WRITE


class OneLabel:
    def read(self, event: str, body: bytes) -> Event | None:
        word, _, issue = body.decode().partition(" ")
        if word != "label":
            return None
        return replace(LABELLED, issue=int(issue)) if issue.isdigit() else LABELLED

    def removal(self, event: str, body: bytes) -> Removed | None:
        return None


class NoLabels:
    async def furnish(self, installation: int) -> None:
        raise AssertionError("nothing was installed")

    def forget(self, removed: Removed) -> None:
        raise AssertionError("nothing was taken away")


class Unsealed:
    def block(self, record: Record) -> str:
        return f"<!-- {record.run.id} -->"


class RoomForAll:
    def shortage(self) -> str:
        return ""

    async def wait(self) -> None:
        return


class Short:
    """A machine that is short of something until it is told not to be."""

    def __init__(self) -> None:
        self.room = asyncio.Event()

    def shortage(self) -> str:
        return "" if self.room.is_set() else "1 MB of disk are free; 2 MB are asked for."

    async def wait(self) -> None:
        await self.room.wait()


class NothingToSweep:
    """Finds nothing, and remembers what it was asked to do."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask_again(self) -> int:
        self.asked.append("deliveries")
        return 0

    async def look_around(self) -> int:
        self.asked.append("events")
        return 0


class Sent:
    def __init__(self, outbox: StoredOutbox, lane: AnyLane) -> None:
        self.lane = lane
        self.outbox = outbox
        self.sweep = NothingToSweep()
        self.texts: dict[str, str] = {}

    async def send_due(self) -> int:
        items = await self.outbox.due(50)
        for item in items:
            self.texts[item.desired.key] = item.desired.text
            url = f"https://forge.invalid/{item.id}"
            await self.outbox.sent(item, item.id, url, item.desired.text_sha256, None)
        return len(items)

    async def end(self) -> None:
        return


@asynccontextmanager
async def working(
    it: World,
    executor: str,
    admission: RoomForAll | Short,
    lane_of: Callable[[Workflow], AnyLane] = StraightLane,
    limits: SegmentLimits = LIMITS,
) -> AsyncIterator[Sent]:
    """Run a worker on the world's database, as one process would."""
    crew, writer = crew_on(it, executor, admission, lane_of, limits)
    database_engine = make_durable_engine(it.database.url)
    with launched(database_engine, executor, threads=8, queues=crew.lane.queues):
        stop = asyncio.Event()
        minding = asyncio.create_task(crew.segments.mind(executor, MIND_SECONDS))
        try:
            await crew.lane.open()
            await OnlyKeeper(give_up_everything, executor).begin()
            task = asyncio.create_task(crew.worker.work(stop))
            yield writer
            stop.set()
            await task
        finally:
            minding.cancel()
            await crew.segments.let_go()
    database_engine.dispose()


def crew_on(
    it: World,
    executor: str,
    admission: RoomForAll | Short,
    lane_of: Callable[[Workflow], AnyLane],
    limits: SegmentLimits,
) -> tuple[Crew, Sent]:
    pipeline = standard_pipeline()
    engine = Engine(pipeline, it.records)
    steps = StepPerformer(it.records, it.workspaces, it.sessions, it.clock, "")
    actions = ActionPerformer(it.records, it.workspaces, it.forge, it.clock, "")
    performing = Performing(pipeline, it.records, steps, actions)
    outbox = StoredOutbox(it.database, it.clock)
    segments = Segments(engine, performing, it.records, it.runs, Drain(), 300.0, admission)
    lane = lane_of(segments.workflow)
    writer = Sent(outbox, lane)
    keeper = OnlyKeeper(give_up_everything, executor)
    reception = Reception(
        Everybody(),
        it.runs,
        it.records,
        NoLabels(),
        Retention(it.database, it.clock),
        Asides(ShownComments(it.database, it.clock), it.runs),
    )
    deliveries = DeliveryQueues(Deliveries(it.database), OneLabel(), reception, it.clock, 1.0)
    worker = Worker(
        outlook=Outlook(it.database, it.clock),
        deliveries=deliveries,
        queueing=Queueing(it.runs, lane, Turns(limits), keeper),
        records=it.records,
        trackers=outbox,
        writer=writer,
        sweep=writer.sweep,
        seal=Unsealed(),
        phases=pipeline.phases,
        keeper=keeper,
        bell=Bell(),
        base_url="https://phaseline.invalid",
        notice="A rehearsal.",
    )
    return Crew(worker, segments, lane), writer


def settings_of(it: World) -> Settings:
    return load(
        database_url=it.database.url,
        github_app_id=1001,
        github_private_key="unused",
        github_webhook_secret="s" * 32,
        anthropic_api_key="unused",
    )


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110 - the database rings no bell.
            await asyncio.sleep(0.05)


async def until_ready(it: World) -> None:
    async def ready() -> bool:
        return (await it.record()).run.state is RunState.READY

    await until(ready)


async def until_asked(it: World, name: str) -> None:
    async def asked() -> bool:
        return any(str(one.name) == name for one in it.sessions.assignments)

    await until(asked)


async def test_a_stored_delivery_becomes_a_run_that_a_segment_drives_to_ready_once_there_is_room(
    tmp_path: Path,
) -> None:
    short = Short()
    async with world(tmp_path, standard_play()) as it, working(it, "one", short) as sent:
        # The world's own run stands for another one that is under way.
        await deliver(it.database, "label again", b"label again")

        async def told() -> bool:
            return "1 MB of disk are free" in sent.texts.get("tracker", "")

        await until(told)
        assert it.sessions.assignments == []
        short.room.set()
        await until_ready(it)

        page = f"https://phaseline.invalid/runs/{it.run.id}"

        async def shown() -> bool:
            text = sent.texts.get("tracker", "")
            return "ready for review" in text and page in text

        await until(shown)
        assert await Deliveries(it.database).waiting(9) == ()
        assert it.forge.flips == 1
        assert sent.sweep.asked == ["deliveries", "events"]


async def test_a_run_that_is_told_to_wait_leaves_its_slot_to_another_and_goes_on_when_told(
    tmp_path: Path,
) -> None:
    play = standard_play()
    told, asked = Later("HTTP 429", 900.0, asked=True), Blocked("Which of the two?")
    play["initialization/project-manager/1"] = [told, asked, asked]
    async with world(tmp_path, play) as it:
        await deliver(it.database, "label 4")
        one = replace(LIMITS, worker=1)
        async with working(it, "one", RoomForAll(), limits=one):

            async def both_began() -> bool:
                return len(it.sessions.assignments) == 2

            await until(both_began)
            wakes_at = await it.database.read(
                lambda connection: connection.scalar(
                    sa.select(RunRow.wakes_at).where(RunRow.id == it.run.id)
                )
            )
            assert wakes_at is not None
            # Nobody looks again before: five minutes are for waits that nobody has named.
            assert wakes_at - it.clock.moment > timedelta(seconds=400)
            it.clock.moment = wakes_at

            async def gone_on() -> bool:
                return len(it.sessions.assignments) == 3

            await until(gone_on)

    first, other, again = (given.run for given in it.sessions.assignments)
    assert first == again == it.run.id != other


def shared(workflow: Workflow) -> SharedLane:
    return SharedLane(workflow, LIMITS)


async def test_what_one_of_many_workers_had_queued_is_driven_by_the_only_one_that_is_left(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        async with working(it, "one", RoomForAll(), shared):

            async def queued() -> bool:
                return bool(it.sessions.assignments)

            await until(queued)

        async with working(it, "two", RoomForAll()):
            await until_ready(it)

        assert it.forge.flips == 1


async def test_a_segment_that_a_dead_process_left_is_taken_up_and_asks_nobody_twice(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        never = "implementation/backend-developer/1"
        it.sessions.meeting = {never, "somebody/who-never/1"}
        async with working(it, "one", RoomForAll()):
            await until_asked(it, never)
        before = [str(a.name) for a in it.sessions.assignments]
        it.sessions.meeting = set()

        async with working(it, "two", RoomForAll()):
            await until_ready(it)

        after = [str(a.name) for a in it.sessions.assignments][len(before) :]
        assert after[0] == never
        assert not set(after[1:]) & set(before)
        assert it.forge.flips == 1


async def test_a_segment_whose_end_cannot_be_written_is_replaced_when_there_is_room_again(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        await execute(it, NO_ROOM_FOR_RUNS)
        async with working(it, "one", RoomForAll()) as sent:
            await execute(it, NO_ROOM_FOR_WORKFLOWS)

            async def left() -> bool:
                return it.forge.flips == 1 and not await sent.lane.under_way()

            await until(left)
            assert (await it.record()).run.state is RunState.RUNNING
            await execute(it, "DROP TRIGGER no_room_for_runs")
            await execute(it, "DROP TRIGGER no_room_for_workflows")
            await until_ready(it)

        assert (await it.record()).run.segment > 1
        assert it.forge.flips == 1


async def execute(it: World, statement: str) -> None:
    await it.database.write(partial(_execute, statement))


def _execute(statement: str, connection: sa.Connection) -> None:
    connection.execute(sa.text(statement))


async def test_a_launch_that_failed_while_the_database_was_away_leaves_the_next_one_whole(
    tmp_path: Path,
) -> None:
    away = make_durable_engine(f"sqlite:///{tmp_path / 'not' / 'there' / 'phaseline.db'}")
    back = make_durable_engine(f"sqlite:///{tmp_path / 'phaseline.db'}")

    with pytest.raises(sa.exc.OperationalError), launched(away, "first", threads=2, queues=()):
        raise AssertionError("there is nothing to launch on")
    with launched(back, "second", threads=2, queues=()):
        found = await DBOS.list_workflows_async()

    assert found == []
    back.dispose()


async def test_what_the_library_keeps_of_ended_segments_is_forgotten_and_of_no_others(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.sessions.meeting = {"implementation/backend-developer/1", "somebody/who-never/1"}
        async with working(it, "one", RoomForAll()):

            async def stuck() -> bool:
                return any(a.name.performer == "backend-developer" for a in it.sessions.assignments)

            await until(stuck)
            (first,) = await DBOS.list_workflows_async()
            await DBOS.cancel_workflow_async(first.workflow_id)

            async def renewed() -> bool:
                return len(await DBOS.list_workflows_async(status="PENDING")) == 1

            await until(renewed)
            kept = await forget_ended(datetime.now(UTC) - timedelta(days=1))
            forgotten = await forget_ended(datetime.now(UTC) + timedelta(days=1))
            (left,) = await DBOS.list_workflows_async()

        assert (kept, forgotten) == (0, 1)
        assert (left.status, left.workflow_id != first.workflow_id) == ("PENDING", True)


async def test_a_worker_whose_turn_does_not_end_in_time_is_let_go_of_and_nothing_is_done_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(tmp_path, standard_play()) as it:
        never = "implementation/backend-developer/1"
        it.sessions.meeting = {never, "somebody/who-never/1"}
        crew = crew_on(it, "one", RoomForAll(), StraightLane, LIMITS)[0]
        post = Post("one", OnlyKeeper(give_up_everything, "one"), asyncio.Event(), 0.1)
        async with on_duty(settings_of(it), crew, post):
            await until_asked(it, never)
        before = [str(a.name) for a in it.sessions.assignments]
        it.sessions.meeting = set()

        async with working(it, "two", RoomForAll()):
            await until_ready(it)

        assert "some turns did not end in 0.1 s; what they asked is asked again" in caplog.messages
        after = [str(a.name) for a in it.sessions.assignments][len(before) :]
        assert after[0] == never
        assert not set(after[1:]) & set(before)
        assert it.forge.flips == 1


async def test_a_whole_run_goes_on_while_clocks_are_set_two_hours_to_and_fro(
    tmp_path: Path,
) -> None:
    clock = JumpingClock(seed=5)
    async with (
        world(tmp_path, standard_play(), clock=clock) as it,
        working(it, "one", RoomForAll()),
    ):
        await until_ready(it)

        asked = [str(a.name) for a in it.sessions.assignments]
        assert len(asked) == len(set(asked))
        assert {name.rpartition("/")[2] for name in asked} == {"1"}
        assert it.forge.flips == 1
