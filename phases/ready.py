"""Ready: sum the delivery up, describe the pull request, and flip the draft.

Nothing is built here any more.
"""

from phases.core.context import RunContext
from phases.core.errors import BlockedError
from phases.core.gates import Condition
from phases.core.phase import Phase
from phases.core.receipts import compare
from phases.core.record import Record
from phases.core.work import Action, PhaseName, Step, WorkName

SUMMARY = Step(
    agent="project-manager",
    makes="delivery-summary.md",
    title="Sum up the delivery",
)
# Only when people pushed after the last checks.
RECHECK = Action("checks", "Run every check on the head commit", when_needed=True)
RECHECK_NAME = WorkName(PhaseName.READY, RECHECK.name, 1)
DESCRIBE = Action("describe", "Describe the pull request")
FLIP = Action("flip", "Mark the pull request ready for review")


async def deliver(run: RunContext) -> None:
    """Sum up, describe, flip; the flip waits until everything said before stands on GitHub.

    Raises:
        BlockedError: when people pushed something that the checks do not pass.
    """
    while not vouched_for(run.record):
        checks = await run.perform(RECHECK)
        if run.record.counts(checks) and not vouched_for(run.record):
            raise BlockedError(
                "The checks do not pass on the commits that people pushed to the branch; the table "
                "of the checks says where. Push what mends it, then comment `/phaseline retry`."
            )
    await run.perform(SUMMARY)
    await run.perform(DESCRIBE)
    await run.perform(FLIP)


def vouched_for(record: Record) -> bool:
    """Whether the checks were run on the run's head and show nothing new against its base."""
    baseline = record.latest(PhaseName.PLANNING, "baseline")
    receipts = next(
        (
            work.receipts
            for work in reversed(record.works)
            if work.accepted
            and work.name.performer == RECHECK.name
            and {receipt.commit for receipt in work.receipts} == {record.run.head}
        ),
        (),
    )
    return bool(receipts) and compare(baseline.receipts if baseline else (), receipts).clean


def _is_ready(record: Record) -> tuple[str, ...]:
    pull_request = record.run.pull_request
    if pull_request and not pull_request.draft:
        return ()
    return ("The pull request is still a draft.",)


READY = Phase(
    name=PhaseName.READY,
    title="Ready for review",
    works=(RECHECK, SUMMARY, DESCRIBE, FLIP),
    body=deliver,
    gate=(Condition("pull request ready for review", _is_ready),),
)
