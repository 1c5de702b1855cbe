"""Workers on the real DBOS and a real database, with the outside played by fakes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from app.durable.asides import Asides
from app.durable.bell import Bell
from app.durable.delivery_queues import DeliveryQueues
from app.durable.drain import Drain
from app.durable.keeper import OnlyKeeper
from app.durable.lanes import SharedLane, StraightLane
from app.durable.queueing import Queueing
from app.durable.reception import Reception
from app.durable.segments import Segments, Workflow, give_up_everything, launched
from app.durable.turns import SegmentLimits, Turns
from app.durable.worker import Worker
from app.store.deliveries import Deliveries
from app.store.engine import make_durable_engine
from app.store.outbox import StoredOutbox
from app.store.outlook import Outlook
from app.store.retention import Retention
from app.store.shown import ShownComments
from app.wiring.duty import Crew
from phases.actions import ActionPerformer
from phases.core.events import Event, Removed
from phases.core.machine import RunState
from phases.core.model import Person, Repository, Role
from phases.core.record import Record
from phases.engine import Engine
from phases.performing import Performing
from phases.pipeline import standard_pipeline
from phases.steps import StepPerformer
from tests.app.store.story import LABELLED
from tests.phases.world import World

MIND_SECONDS = 0.3
LIMITS = SegmentLimits(worker=4, repository=2, altogether=8)
AnyLane = StraightLane | SharedLane


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
