"""The ways from a segment that is due to whoever drives it. Whose turn it is: see `turns`.

Many workers share a queue of the durable library. A worker that is the only one drives at once
what it has chosen: a queue would only be polled for what this process knows already.
"""

import asyncio
import logging
from functools import partial

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from app.durable.segments import ENDED, Workflow, workflow_id
from app.durable.turns import Segment, SegmentLimits

log = logging.getLogger(__name__)

QUEUE = "segments"
# Each look costs 2 ms of CPU, whether or not anything is queued.
POLL_SECONDS = 0.5


class SharedLane:
    """A queue that many workers take segments from, with limits of its own as a second fence."""

    queues = (QUEUE,)

    def __init__(self, workflow: Workflow, limits: SegmentLimits) -> None:
        self._workflow = workflow
        self._limits = limits

    async def open(self) -> None:
        """Make the queue known, with this worker's limits."""
        await DBOS.register_queue_async(
            QUEUE,
            worker_concurrency=self._limits.worker,
            partition_concurrency=self._limits.repository,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )

    async def under_way(self) -> frozenset[Segment]:
        """Return the segments that are queued or driven, by whomever."""
        found = await DBOS.list_workflows_async(
            status=["ENQUEUED", "PENDING"], queue_name=QUEUE, load_input=False, load_output=False
        )
        names = (workflow.workflow_id.split("/") for workflow in found)
        return frozenset((run, int(number)) for _, run, number in names)

    async def hand_over(self, run: str, number: int, repository: int) -> bool:
        """Queue a segment under its own id; False when that id has ended and never runs again."""
        name = workflow_id(run, number)
        over = await _over(name)
        if over is None:
            partition = SetEnqueueOptions(queue_partition_key=str(repository))
            with SetWorkflowID(name), partition:
                await DBOS.enqueue_workflow_async(QUEUE, self._workflow, run, number)
        return not over


class StraightLane:
    """The way to the one worker that there is, which drives a segment as soon as it has it."""

    queues = ()

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._driven: dict[Segment, asyncio.Task[str]] = {}

    async def open(self) -> None:
        """Nothing is kept between two lives of the worker."""

    async def under_way(self) -> frozenset[Segment]:
        """Return the segments that are driven."""
        return frozenset(self._driven)

    async def hand_over(self, run: str, number: int, repository: int) -> bool:
        """Drive a segment from now on; False when it has ended and never runs again."""
        del repository
        name = workflow_id(run, number)
        over = await _over(name)
        if over is None:
            task = asyncio.create_task(self._drive(name, run, number), name=name)
            self._driven[run, number] = task
            task.add_done_callback(partial(self._ended, (run, number)))
        return not over

    async def _drive(self, name: str, run: str, number: int) -> str:
        with SetWorkflowID(name):
            return await self._workflow(run, number)

    def _ended(self, segment: Segment, task: "asyncio.Task[str]") -> None:
        del self._driven[segment]
        # One that is let go of is cancelled; the library has told of every other end.
        if not task.cancelled() and (error := task.exception()):
            log.warning("segment %s of run %s ended by %r", segment[1], segment[0], error)


async def _over(name: str) -> bool | None:
    """Tell whether a workflow has ended; None when there is none of that name."""
    status = await DBOS.get_workflow_status_async(name)
    return None if status is None else status.status in ENDED
