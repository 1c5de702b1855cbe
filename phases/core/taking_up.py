"""What an attempt takes up of earlier ones: files that a failed one left, what it is to revise.

It looks at the record alone; the files themselves lie where checkouts are opened.
"""

from phases.core.model import Run, StepOutcome
from phases.core.record import Performed, Record
from phases.core.session import SessionEnd
from phases.core.work import Files, Step, WorkName

Left = tuple[tuple[str, str], ...]
"""Facts of a failed attempt: its last snapshot, and the commit that it had started from."""

# By a circle or a limit: nothing says that the files are wrong.
_WORTH_KEEPING = frozenset({StepOutcome.NO_OUTPUT, StepOutcome.TIMED_OUT, StepOutcome.OVER_BUDGET})


def left_by(run: Run, step: Step, end: SessionEnd, taken_up: str | None) -> Left:
    """Return what a session leaves to the next attempt; `taken_up` is what it began with."""
    tree = end.snapshot or taken_up
    # A merge is made anew for each attempt, and so are files that are thrown away.
    if tree is None or step.files is not Files.COMMITTED or step.merges:
        return ()
    return (("left", tree), ("left_on", _start(run))) if end.outcome in _WORTH_KEEPING else ()


def left_to(record: Record, name: WorkName) -> str | None:
    """Return the snapshot that the attempt before left, if the branch has not moved since."""
    before = record.find(name)
    if before is None or before.fact("left_on") != _start(record.run):
        return None
    return before.fact("left")


def revised(record: Record, step: Step, name: WorkName) -> Performed | None:
    """Return the work in which the same agent last made the same artifact, if it counts still.

    What a person has had done again is made anew.
    """
    made = [
        work
        for work in record.works
        if (work.name.performer, work.name.subject) == (name.performer, name.subject)
        and work.accepted
        and work.artifact
        and work.artifact.name == step.makes
    ]
    return made[-1] if made else None


def _start(run: Run) -> str:
    return run.head or (run.base.sha if run.base else "")
