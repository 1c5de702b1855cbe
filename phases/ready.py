"""Ready: sum the delivery up, describe the pull request, and flip the draft.

Nothing is built here any more.
"""

from phases.core.context import RunContext
from phases.core.gates import Condition
from phases.core.phase import Phase
from phases.core.record import Record
from phases.core.work import Action, PhaseName, Step

SUMMARY = Step(
    agent="project-manager",
    makes="delivery-summary.md",
    title="Sum up the delivery",
)
DESCRIBE = Action("describe", "Describe the pull request")
FLIP = Action("flip", "Mark the pull request ready for review")


async def deliver(run: RunContext) -> None:
    """Sum up, describe, flip; the flip waits until everything said before stands on GitHub."""
    await run.perform(SUMMARY)
    await run.perform(DESCRIBE)
    await run.perform(FLIP)


def _is_ready(record: Record) -> tuple[str, ...]:
    pull_request = record.run.pull_request
    if pull_request and not pull_request.draft:
        return ()
    return ("The pull request is still a draft.",)


READY = Phase(
    name=PhaseName.READY,
    title="Ready for review",
    works=(SUMMARY, DESCRIBE, FLIP),
    body=deliver,
    gate=(Condition("pull request ready for review", _is_ready),),
)
