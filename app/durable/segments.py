"""Segments on DBOS: one workflow drives one run to its next stop; each work is one durable step.

What has happened is the store's, so that a dead segment is replaced by a fresh one and never
replayed. Who drives a segment, and when, is not decided here: see `lanes` and `queueing`.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from dbos import DBOS, DBOSConfig

from app.durable.context import SegmentContext
from app.durable.drain import Drain
from phases.core.errors import (
    Blocked,
    Defect,
    DefectError,
    Later,
    Moved,
    Setback,
    StaleSegmentError,
)
from phases.core.machine import RunState
from phases.core.model import Run
from phases.core.outward import Desired
from phases.core.ports import Records
from phases.core.work import WorkName
from phases.engine import Engine, said_at
from phases.performing import Performing

log = logging.getLogger(__name__)

Workflow = Callable[[str, int], Coroutine[Any, Any, str]]
"""Drives a run's segment of that number, and returns what state it came to."""

ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
# SQLite takes some thousands of values in a statement, and others want to write meanwhile.
FORGET_AT_ONCE = 500

_KINDS: dict[str, type[Later | Blocked | Defect | Moved]] = {
    kind.__name__: kind for kind in (Later, Blocked, Defect, Moved)
}


class Admission(Protocol):
    """Whether there is room for another run."""

    def shortage(self) -> str:
        """Return what there is not enough of, as a sentence; empty when there is room."""

    async def wait(self) -> None:
        """Return when there is."""


class Runs(Protocol):
    """The runs as a segment takes and leaves them."""

    async def take(self, run: str, segment: int) -> Run:
        """Let a segment begin or go on.

        Raises:
            StaleSegmentError: when the run has moved on.
        """

    async def hold(self, run: str, segment: int, why: str) -> None:
        """Note on a run why its segment does not begin yet."""

    async def stop(
        self,
        run: Run,
        state: RunState,
        reason: str,
        after_seconds: float | None,
        show: tuple[Desired, ...],
        approval_of: str = "",
    ) -> None:
        """Record where a segment ended."""


class Segments:
    """Drives the segments that this process is given.

    A run that waits for something that is away looks again after at most `rest` seconds, unless it
    was told when.
    """

    def __init__(
        self,
        engine: Engine,
        performing: Performing,
        records: Records,
        runs: Runs,
        drain: Drain,
        rest: float,
        admission: Admission,
    ) -> None:
        self._admission = admission
        self._engine = engine
        self._performing = performing
        self._records = records
        self._runs = runs
        self._rest = rest
        self._drain = drain
        self._driving: dict[str, asyncio.Task[Any]] = {}
        self.workflow = self._registered()

    def _registered(self) -> Workflow:
        """Register the workflow and its one kind of step with DBOS, under names that stay."""

        @DBOS.step(name="perform", preemptible=True)
        async def perform(run: str, segment: int, name: str, answering: list[str]) -> Any:
            self._drain.pass_point()
            answered = tuple(WorkName.parse(one) for one in answering)
            setback = await self._performing.perform(run, segment, WorkName.parse(name), answered)
            return _packed(setback)

        async def segment(run: str, number: int) -> str:
            async def step(name: WorkName, answering: tuple[WorkName, ...]) -> Setback | None:
                names = [str(one) for one in answering]
                return _unpacked(await perform(run, number, str(name), names))

            with self._held(workflow_id(run, number)):
                await self._admit(run, number)
                return await self._drive(run, number, step)

        return DBOS.workflow(name="segment")(segment)

    async def _admit(self, run: str, number: int) -> None:
        """Return when there is room; a run that has to wait for it says so in its tracker."""
        if short := self._admission.shortage():
            why = f"The worker's machine has no room for this run yet: {short} It waits for that."
            await self._runs.hold(run, number, why)
            await self._admission.wait()

    @contextmanager
    def _held(self, workflow: str) -> Iterator[None]:
        """Keep the task that drives a segment, so that it can be let go of."""
        task = asyncio.current_task()
        self._drain.pass_point()
        if task is None:
            raise DefectError("a segment is driven by a task")
        self._driving[workflow] = task
        try:
            yield
        finally:
            del self._driving[workflow]

    async def drain(self, seconds: float) -> bool:
        """Begin nothing new, and give turns that long to end; tell whether all have."""
        self._drain.begin()
        if not self._driving:
            return True
        _, late = await asyncio.wait(self._driving.values(), timeout=seconds)
        return not late

    async def let_go(self) -> None:
        """Stop driving, in the middle of whatever it is; the next process goes on from the rows."""
        self._drain.begin()
        tasks = tuple(self._driving.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def mind(self, executor: str, pause: float) -> None:
        """Give up, until cancelled, what this worker has as pending and does not drive.

        A segment whose end could not be written, as on a full disk, would pass for driven for ever.
        What is seen once may be about to begin or to end; what is still so after a pause is dead.
        """
        seen: frozenset[str] = frozenset()
        while True:
            await asyncio.sleep(pause)
            try:
                pending = await _pending()
                mine = frozenset(name for name, holder in pending.items() if holder == executor)
                left = mine - self._driving.keys()
                if dead := seen & left:
                    await DBOS.cancel_workflows_async(list(dead))
                    log.warning("%s segments given up whose end could not be written", len(dead))
            except Exception:
                log.exception("what is pending could not be looked at")
                continue
            seen = left

    async def _drive(self, run_id: str, number: int, step: Any) -> str:
        try:
            run = await self._runs.take(run_id, number)
            record = await self._records.record(run_id)
            stop = await self._engine.drive(SegmentContext(record, self._records, step))
            record = await self._records.record(run_id)
            show = said_at(stop, record)
            after = stop.after_seconds
            if after is not None and not stop.asked:
                after = min(after, self._rest)
            await self._runs.stop(run, stop.state, stop.reason, after, show, stop.approval_of)
        except StaleSegmentError as error:
            log.info("segment %s of run %s gives way: %s", number, run_id, error)
            return "moved"
        log.info("run %s stopped as %s", run_id, stop.state)
        return stop.state


def workflow_id(run: str, number: int) -> str:
    """Return the id under which a segment is driven, once."""
    return f"run/{run}/{number}"


async def _pending() -> dict[str, str | None]:
    """Return who holds each segment that passes for driven."""
    found = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
    return {one.workflow_id: one.executor_id for one in found}


@contextmanager
def launched(
    database_engine: Any, executor: str, threads: int, queues: tuple[str, ...]
) -> Iterator[None]:
    """Run DBOS on the running loop, over the given SQLAlchemy engine, as long as the block lasts.

    It takes work from those of its queues that are named, each of which costs a poll. What runs at
    the end is taken up again by the next process. A launch that fails, as while the database is
    away, leaves nothing that the next one would take for launched.
    """
    config = DBOSConfig(
        name="phaseline",
        system_database_engine=database_engine,
        executor_id=executor,
        # Pinned: the default is a hash of the source, and would orphan runs at every upgrade.
        application_version="1",
        log_level="WARNING",
        max_executor_threads=threads,
        notification_listener_polling_interval_sec=1.0,
    )
    try:
        DBOS(config=config)
        DBOS.listen_queues(queues)
        DBOS.launch()
        yield
    finally:
        DBOS.destroy(destroy_registry=True)


async def give_up_everything() -> int:
    """Cancel all that is pending or queued, where nobody else can be alive; return how many."""
    left = await DBOS.list_workflows_async(
        status=["PENDING", "ENQUEUED"], load_input=False, load_output=False
    )
    if left:
        await DBOS.cancel_workflows_async([one.workflow_id for one in left])
    return len(left)


async def give_up_the_dead(living: frozenset[str]) -> int:
    """Cancel what executors that do not live any more left pending; return how many that were.

    A dead segment is replaced by a fresh one, never replayed (ADR 0003): the library replays steps
    by position, while finished work is found by name.
    """
    dead = [name for name, holder in (await _pending()).items() if holder not in living]
    if dead:
        await DBOS.cancel_workflows_async(dead)
    return len(dead)


async def forget_ended(before: datetime) -> int:
    """Delete what the library keeps of workflows that ended before; return of how many.

    Every look at what is pending reads through them, and nothing else takes them away. An id that
    is forgotten could be driven again: `before` lies further back than any worker stands still.
    """
    forgotten = 0
    while ended := await DBOS.list_workflows_async(
        status=list(ENDED),
        completed_before=before.isoformat(),
        limit=FORGET_AT_ONCE,
        load_input=False,
        load_output=False,
    ):
        await DBOS.delete_workflows_async([one.workflow_id for one in ended])
        forgotten += len(ended)
    return forgotten


def _packed(setback: Setback | None) -> dict[str, Any] | None:
    return None if setback is None else {"kind": type(setback).__name__, **asdict(setback)}


def _unpacked(data: dict[str, Any] | None) -> Setback | None:
    if data is None:
        return None
    fields = {key: value for key, value in data.items() if key != "kind"}
    return _KINDS[data["kind"]](**fields)
