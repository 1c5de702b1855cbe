"""Segments and their queue, joined with the phases. The rest of a worker is `worker`'s."""

from app.clock import SystemClock
from app.durable.admission import Admission
from app.durable.drain import Drain
from app.durable.keeper import Keeper
from app.durable.lanes import SharedLane, StraightLane
from app.durable.queueing import Lane, Queueing
from app.durable.segments import Segments
from app.durable.turns import SegmentLimits, Turns
from app.github.connection import GitHubConnection
from app.github.forge import GitHubForge
from app.settings import Settings
from app.wiring.duty import one_worker
from app.wiring.store import Store
from phases.actions import ActionPerformer
from phases.core.ports import Sessions, Workspaces
from phases.engine import Engine
from phases.performing import Performing
from phases.pipeline import standard_pipeline
from phases.steps import StepPerformer


def segments_of(
    settings: Settings,
    store: Store,
    connection: GitHubConnection,
    workspaces: Workspaces,
    sessions: Sessions,
    clock: SystemClock,
    admission: Admission,
    drain: Drain,
) -> Segments:
    """Join the phases with everything they ask for, as segments that can be driven."""
    pipeline = standard_pipeline()
    forge = GitHubForge(connection.clients, label=settings.label)
    performing = Performing(
        pipeline,
        store.records,
        StepPerformer(store.records, workspaces, sessions, clock, settings.notice),
        ActionPerformer(store.records, workspaces, forge, clock, settings.notice),
    )
    engine = Engine(pipeline, store.records)
    return Segments(
        engine, performing, store.records, store.runs, drain, settings.rest_seconds, admission
    )


def limits_of(settings: Settings) -> SegmentLimits:
    """Return how many segments run at once."""
    return SegmentLimits(
        worker=settings.runs_per_worker,
        repository=settings.runs_per_repository,
        altogether=settings.runs_altogether,
    )


def lane_of(settings: Settings, segments: Segments) -> StraightLane | SharedLane:
    """Return the way to the only worker there can be, or to one of many."""
    if one_worker(settings):
        return StraightLane(segments.workflow)
    return SharedLane(segments.workflow, limits_of(settings))


def queueing_of(settings: Settings, store: Store, lane: Lane, keeper: Keeper) -> Queueing:
    """Join what hands segments out."""
    return Queueing(store.runs, lane, Turns(limits_of(settings)), keeper)
