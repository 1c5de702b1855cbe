"""Implementation: four developers in turn; each starts from the commit of the one before.

Never side by side: the front end needs the back end's interfaces, the later two need the code.
"""

from phases.core.context import RunContext
from phases.core.gates import Condition
from phases.core.phase import Phase
from phases.core.record import Record
from phases.core.submission import Demand, Side
from phases.core.work import Files, PhaseName, Step

BACKEND = Step(
    agent="backend-developer",
    makes="backend-implementation.md",
    title="Build the back end",
    demands=frozenset({Demand.COMMIT, Demand.INTERFACES}),
    files=Files.COMMITTED,
    side=Side.BACKEND,
)
FRONTEND = Step(
    agent="frontend-developer",
    makes="frontend-implementation.md",
    title="Build the front end",
    demands=frozenset({Demand.COMMIT}),
    files=Files.COMMITTED,
    side=Side.FRONTEND,
)
OPTIMIZE = Step(
    agent="code-optimizer",
    makes="optimization-report.md",
    title="Optimize what was changed",
    demands=frozenset({Demand.COMMIT_OR_NO_CHANGE}),
    files=Files.COMMITTED,
)
SIMPLIFY = Step(
    agent="code-simplifier",
    makes="simplification-report.md",
    title="Simplify what was changed",
    demands=frozenset({Demand.COMMIT_OR_NO_CHANGE}),
    files=Files.COMMITTED,
)
STEPS = (BACKEND, FRONTEND, OPTIMIZE, SIMPLIFY)


async def implement(run: RunContext) -> None:
    """Perform the steps in order; each ends in a commit on the remote branch, or in no change."""
    for step in STEPS:
        await run.perform(step)


def _steps_are_settled(record: Record) -> tuple[str, ...]:
    return tuple(
        f"{step.agent} has not delivered."
        for step in STEPS
        if record.latest(PhaseName.IMPLEMENTATION, step.agent) is None
    )


def _something_was_built(record: Record) -> tuple[str, ...]:
    if any(work.name.phase is PhaseName.IMPLEMENTATION for work, _ in record.commits):
        return ()
    return ("No developer has committed anything.",)


def _head_is_last_commit(record: Record) -> tuple[str, ...]:
    last = record.commits[-1][1].sha if record.commits else None
    if record.run.head in {last, record.run.adopted}:
        return ()
    return ("The branch is not at the last commit of this run.",)


IMPLEMENTATION = Phase(
    name=PhaseName.IMPLEMENTATION,
    title="Implementation",
    works=STEPS,
    body=implement,
    gate=(
        Condition("each step committed or unchanged", _steps_are_settled),
        Condition("something was built", _something_was_built),
        Condition("branch at the last commit", _head_is_last_commit),
    ),
)
