"""One piece of work from its name: what a durable step runs, every failure turned into data."""

import errno
import logging
from collections.abc import Awaitable

from phases.actions import ActionPerformer
from phases.core.errors import (
    Blocked,
    BlockedError,
    Defect,
    DefectError,
    DiskFullError,
    Later,
    Moved,
    Setback,
    StaleSegmentError,
    TransientError,
)
from phases.core.ports import Records
from phases.core.work import Action, WorkName
from phases.pipeline import Pipeline
from phases.steps import StepPerformer

log = logging.getLogger(__name__)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class Performing:
    """Performs work by name, once: what was accepted under a name is left alone."""

    def __init__(
        self,
        pipeline: Pipeline,
        records: Records,
        steps: StepPerformer,
        actions: ActionPerformer,
    ) -> None:
        self._pipeline = pipeline
        self._records = records
        self._steps = steps
        self._actions = actions

    async def perform(
        self, run: str, segment: int, name: WorkName, answering: tuple[WorkName, ...]
    ) -> Setback | None:
        """Bring work to an accepted end and return None, or return what came between."""
        try:
            await _with_room(self._perform(run, segment, name, answering))
        except TransientError as error:
            return Later(str(error), error.after_seconds, error.asked)
        except BlockedError as error:
            return Blocked(str(error))
        except StaleSegmentError:
            return Moved()
        except DefectError as error:
            log.exception("defect in %s of run %s", name, run)
            return Defect(str(error))
        except Exception as error:
            log.exception("unexpected error in %s of run %s", name, run)
            return Defect(f"{type(error).__name__} in {name}; the log of the service has the rest")
        return None

    async def _perform(
        self, run: str, segment: int, name: WorkName, answering: tuple[WorkName, ...]
    ) -> None:
        record = await self._records.record(run)
        if record.run.segment != segment:
            raise StaleSegmentError(f"run {run} is at segment {record.run.segment}")
        found = record.find(name)
        if found and found.accepted:
            return
        work = self._pipeline.work(name)
        if isinstance(work, Action):
            await self._actions.perform(record, work, name)
        else:
            await self._steps.perform(record, work, name, answering)


async def _with_room(doing: Awaitable[None]) -> None:
    """Do something for which the disk may turn out to be full."""
    try:
        await doing
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFullError from error
        raise
