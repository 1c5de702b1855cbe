"""A worker: the phases, the durable room and the ways outward, joined and started."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from app.claude.models import ModelsAwayError, ModelsError
from app.claude.prices import NoPriceError
from app.clock import SystemClock
from app.durable.admission import MEGABYTE, Admission, MachineGauge, Room
from app.durable.asides import Asides
from app.durable.bell import Bell
from app.durable.delivery_queues import DeliveryQueues
from app.durable.drain import Drain
from app.durable.keeper import Keeper
from app.durable.lock import AnotherWorkerError
from app.durable.reception import Reception
from app.durable.segments import Segments
from app.durable.worker import Worker
from app.github.comment_sweep import CommentSweep
from app.github.connection import GitHubConnection
from app.github.conversation import Conversations
from app.github.ended_sweep import EndedSweep
from app.github.errors import RefusedByGitHubError
from app.github.identity import identify
from app.github.inbox import Inbox
from app.github.key import PrivateKeyError
from app.github.labels import Labels
from app.github.outbox import OutboxWriter
from app.github.people import People
from app.github.remains import Remains
from app.github.sealed import SealedOutbox
from app.github.sweep import Sweep
from app.roster import RosterError
from app.settings import Settings
from app.store.leases import Leases
from app.store.retention import Retention
from app.wiring.duty import DRAIN_SECONDS, Crew, Post, keeper_of, on_duty
from app.wiring.model import sessions_of
from app.wiring.recovering import Recoverer, only_worker, recover_into_nothing
from app.wiring.refusals import AwayError, StartError
from app.wiring.sandbox import check_sandbox, chosen_sandbox
from app.wiring.segments import lane_of, queueing_of, segments_of
from app.wiring.store import Store, secrets_of
from app.wiring.tidying import upkeep_of
from app.wiring.workspaces import team, workspaces_of
from app.workspace.sandbox.errors import SandboxError
from app.workspace.tripwire import Tripwire
from phases.core.agent import Roster
from phases.core.errors import BlockedError, TransientError
from phases.core.ports import Clock
from phases.pipeline import standard_pipeline

OUTBOX_BATCH = 100
QUEUE_PATIENCE_SECONDS = 1.0
# What a start can meet that only an operator can mend.
_REFUSALS = (
    AnotherWorkerError,
    SandboxError,
    PrivateKeyError,
    ModelsError,
    NoPriceError,
    RosterError,
    RefusedByGitHubError,
    BlockedError,
)


def connection_of(settings: Settings, clock: Clock) -> GitHubConnection:
    """Return the way to GitHub."""
    return GitHubConnection(
        app_id=settings.github_app_id,
        private_key=settings.github_private_key.get_secret_value(),
        api_url=settings.github_api_url,
        proxy=None,
        write_spacing=timedelta(seconds=settings.github_write_spacing_seconds),
        clock=clock,
    )


def reception_of(
    store: Store, connection: GitHubConnection, labels: Labels, clock: SystemClock
) -> Reception:
    """Join what decides about events."""
    people = People(connection.clients)
    retention = Retention(store.database, clock)
    return Reception(
        people,
        store.runs,
        store.records,
        labels,
        retention,
        Asides(store.shown, store.runs),
    )


def deliveries_of(
    settings: Settings, store: Store, reception: Reception, clock: SystemClock
) -> DeliveryQueues:
    """Join what takes deliveries."""
    reader = Inbox(label=settings.label, app_id=settings.github_app_id)
    return DeliveryQueues(store.deliveries, reader, reception, clock, QUEUE_PATIENCE_SECONDS)


def sweep_of(
    settings: Settings,
    store: Store,
    connection: GitHubConnection,
    reception: Reception,
    labels: Labels,
    clock: SystemClock,
) -> Sweep:
    """Join what looks for events that no webhook brought."""
    remains = Remains(connection.clients, app_id=settings.github_app_id)
    comments = CommentSweep(connection.clients, store.shown, Asides(store.shown, store.runs))
    ends = EndedSweep(connection.clients, store.runs, reception)
    return Sweep(
        connection.clients,
        reception,
        labels,
        remains,
        (ends, comments),
        store.deliveries,
        label=settings.label,
        clock=clock,
    )


def writer_of(
    settings: Settings,
    store: Store,
    connection: GitHubConnection,
    clock: SystemClock,
    keeper: Keeper,
) -> OutboxWriter:
    """Join what sends the outbox."""
    return OutboxWriter(
        outbox=SealedOutbox(store.outbox, store.records, connection.seal),
        conversations=Conversations(connection.clients, app_id=settings.github_app_id),
        batch=OUTBOX_BATCH,
        betrays=Tripwire(secrets_of(settings)).touched_by,
        may_write=lambda: keeper.keeps,
        clock=clock,
        patience=QUEUE_PATIENCE_SECONDS,
    )


def crew_of(
    settings: Settings,
    store: Store,
    connection: GitHubConnection,
    segments: Segments,
    clock: SystemClock,
    keeper: Keeper,
    bell: Bell,
) -> Crew:
    """Join segments, what hands them out, and the ways inward and outward into a worker."""
    lane = lane_of(settings, segments)
    labels = Labels(connection.clients, label=settings.label)
    reception = reception_of(store, connection, labels, clock)
    worker = Worker(
        outlook=store.outlook,
        deliveries=deliveries_of(settings, store, reception, clock),
        queueing=queueing_of(settings, store, lane, keeper),
        records=store.records,
        trackers=store.outbox,
        writer=writer_of(settings, store, connection, clock, keeper),
        sweep=sweep_of(settings, store, connection, reception, labels, clock),
        seal=connection.seal,
        phases=standard_pipeline().phases,
        keeper=keeper,
        bell=bell,
        base_url=settings.base_url,
        notice=settings.notice,
    )
    return Crew(worker, segments, lane)


@asynccontextmanager
async def working(
    settings: Settings, store: Store, bell: Bell, admission: Admission
) -> AsyncIterator[asyncio.Task[None]]:
    """Run a worker: first everything that could refuse, then its loops.

    Raises:
        StartError: what is wrong, and what to do.
    """
    executor = f"worker-{secrets.token_hex(6)}"
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        leases = Leases(store.database)
        stack.push_async_callback(leases.release, executor)
        keeper = keeper_of(settings, leases, executor, stop.set)
        crew = await _crew(settings, store, keeper, bell, admission, stack)
        post = Post(executor, keeper, stop, DRAIN_SECONDS)
        task = await stack.enter_async_context(on_duty(settings, crew, post))
        tidying = asyncio.create_task(upkeep_of(settings, store).go_on(), name="upkeep")
        try:
            yield task
        finally:
            tidying.cancel()
            await asyncio.gather(tidying, return_exceptions=True)


def admission_of(settings: Settings) -> Admission:
    """Return what keeps a worker from taking up runs that its machine has no room for."""
    data = settings.data_dir.absolute()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    least = Room(
        disk=settings.least_free_disk_mb * MEGABYTE,
        memory=settings.least_free_memory_mb * MEGABYTE,
        load=settings.most_load_per_core,
    )
    return Admission(MachineGauge(data), least, SystemClock())


async def _crew(
    settings: Settings,
    store: Store,
    keeper: Keeper,
    bell: Bell,
    admission: Admission,
    stack: AsyncExitStack,
) -> Crew:
    clock = SystemClock()
    drain = Drain()
    try:
        stack.enter_context(only_worker(settings))
        await check_sandbox(chosen_sandbox(settings), settings)
        connection = connection_of(settings, clock)
        stack.push_async_callback(connection.close)
        sessions = await stack.enter_async_context(sessions_of(settings, store, clock, drain))
        check_team(team())
        identity = await identify(connection.clients)
        if settings.recover_at_start:
            await recover_into_nothing(Recoverer(settings, store, connection, clock), store)
        workspaces = workspaces_of(settings, store, connection, identity, clock)
    except (TransientError, ModelsAwayError) as error:
        raise AwayError(str(error)) from error
    except _REFUSALS as error:
        raise StartError(str(error)) from error
    segments = segments_of(
        settings, store, connection, workspaces, sessions, clock, admission, drain
    )
    return crew_of(settings, store, connection, segments, clock, keeper, bell)


def check_team(roster: Roster) -> None:
    """Make sure that the team can perform every step of the pipeline.

    Raises:
        StartError: when it cannot; every fault is named.
    """
    faults = standard_pipeline().faults(roster)
    if faults:
        raise StartError("The team does not fit the pipeline.\n" + "\n".join(faults))
