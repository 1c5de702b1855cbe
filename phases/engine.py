"""Drives one run from where the record says it stands to its next stop: phase body, gate, record.

It knows no phase by name and performs nothing itself.
"""

from dataclasses import dataclass

from phases.core.check_run import left_open
from phases.core.comments import stop_comment
from phases.core.context import RunContext
from phases.core.errors import ApprovalNeededError, BlockedError, DefectError, TransientError
from phases.core.gates import unmet
from phases.core.machine import RunState
from phases.core.outward import Desired
from phases.core.phase import Phase
from phases.core.ports import Records
from phases.core.record import Record
from phases.pipeline import Pipeline

# From here a wait that ends by itself is told in a comment too; shorter ones stand in the tracker.
TOLD_FROM_SECONDS = 1800.0


@dataclass(frozen=True)
class Stop:
    """Where a drive ended, and why; `after_seconds` says when a waiting run goes on by itself.

    `asked` says that whoever it waits for has named that time. `approval_of` is the hash of the
    plans that a waiting run wants approved.
    """

    state: RunState
    reason: str = ""
    after_seconds: float | None = None
    approval_of: str = ""
    asked: bool = False


def said_at(stop: Stop, record: Record) -> tuple[Desired, ...]:
    """Return what shows on GitHub that a run has stopped: a comment, the end of its check run.

    A short wait asks nobody for anything, and an outage is many of them: the tracker tells.
    """
    if stop.after_seconds is not None and stop.after_seconds < TOLD_FROM_SECONDS:
        return ()
    approval = bool(stop.approval_of)
    comment = stop_comment(record, stop.state, stop.reason, approval=approval)
    return (*((comment,) if comment else ()), *left_open(record, stop.state))


class Engine:
    """The pipeline at work on one run at a time."""

    def __init__(self, pipeline: Pipeline, records: Records) -> None:
        self._pipeline = pipeline
        self._records = records

    async def drive(self, context: RunContext) -> Stop:
        """Take the run through the phases it has not passed yet, and say where it stopped.

        Raises:
            StaleSegmentError: when the run has moved on without this drive.
        """
        try:
            for phase in self._pipeline.phases:
                if not context.record.passed(phase.name):
                    await self._pass(phase, context)
        except BlockedError as error:
            return Stop(RunState.BLOCKED, str(error))
        except TransientError as error:
            return Stop(RunState.WAITING, str(error), error.after_seconds, asked=error.asked)
        except ApprovalNeededError as error:
            return Stop(RunState.WAITING, str(error), approval_of=error.plans)
        except DefectError as error:
            return Stop(RunState.FAILED, str(error))
        return Stop(RunState.READY)

    async def _pass(self, phase: Phase, context: RunContext) -> None:
        run = context.record.run
        await self._records.enter(run, phase.name)
        context.enter(phase.name)
        await phase.body(context)
        sentences = unmet(phase.gate, context.record)
        if sentences:
            listed = "\n".join(f"- {sentence}" for sentence in sentences)
            raise BlockedError(f"The gate of {phase.title.lower()} did not open.\n\n{listed}")
        if phase.consent:
            phase.consent(context.record)
        await self._records.pass_gate(run, phase.name)
