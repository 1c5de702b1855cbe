"""Ready: sum the delivery up, describe the pull request, and flip the draft.

Nothing is built here any more.
"""

from phases.core.command import Word
from phases.core.comments import plural
from phases.core.context import RunContext
from phases.core.errors import BlockedError
from phases.core.gates import Condition
from phases.core.phase import Phase
from phases.core.receipts import compare
from phases.core.record import Record
from phases.core.sanitise import code
from phases.core.submission import Demand
from phases.core.work import Action, Files, PhaseName, Step, WorkName

SHOWN_CONFLICTS = 20
# The fact of a merge that names the paths which do not merge cleanly, one a line.
CONFLICTS = "conflicts"

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


# Only when a person asks for it.
MERGE = Action("merge", "Merge the base branch", when_needed=True)
RESOLVE = Step(
    agent="backend-developer",
    makes="merge-report.md",
    title="Resolve the conflicts with the base branch",
    demands=frozenset({Demand.COMMIT}),
    files=Files.COMMITTED,
    when_needed=True,
    merges=True,
)


async def deliver(run: RunContext) -> None:
    """Sum up, describe, flip; the flip waits until everything said before stands on GitHub.

    Raises:
        BlockedError: when the checks do not pass what people pushed or had merged.
    """
    for wish in run.record.ordered(Word.RETRY):
        if wish.argument == MERGE.name:
            await _merge(run)
    while not vouched_for(run.record):
        checks = await run.perform(RECHECK)
        if run.record.counts(checks) and not vouched_for(run.record):
            raise BlockedError(
                "The checks do not pass on the commits that people pushed to the branch, or had "
                "merged into it; the table of the checks says where. Push what mends it, then "
                "comment `/phaseline retry`; or comment `/phaseline retry checks` to have the team "
                "mend it."
            )
    await run.perform(SUMMARY)
    await run.perform(DESCRIBE)
    await run.perform(FLIP)


async def _merge(run: RunContext) -> None:
    merged = await run.perform(MERGE)
    if merged.fact(CONFLICTS):
        await run.perform(RESOLVE, answering=(merged,))


def hold_to_base(record: Record) -> None:
    """Stop a run whose branch does not merge cleanly into its base branch.

    Raises:
        BlockedError: it does not; the message offers what can be done.
    """
    run = record.run
    if run.drift is None or not run.drift.conflicts or run.base is None:
        return
    listed = "\n".join(f"- {code(path)}" for path in run.drift.conflicts[:SHOWN_CONFLICTS])
    more = len(run.drift.conflicts) - SHOWN_CONFLICTS
    rest = f"\n- and {more} more" if more > 0 else ""
    raise BlockedError(
        f"`{run.base.branch}` has moved on by {plural(run.drift.behind or 0, 'commit')} since this "
        f"run began, and they do not merge cleanly with the branch:\n\n{listed}{rest}\n\n"
        "Nothing is forced. Comment `/phaseline retry merge` to have a developer merge "
        f"`{run.base.branch}` and resolve the conflicts; the checks are run again. Or merge it "
        "yourself, push, and comment `/phaseline retry`."
    )


def vouched_for(record: Record) -> bool:
    """Whether the checks were run on the run's head and show nothing new against its base."""
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
    return bool(receipts) and compare(record.baseline, receipts).clean


def _is_ready(record: Record) -> tuple[str, ...]:
    pull_request = record.run.pull_request
    if pull_request and not pull_request.draft:
        return ()
    return ("The pull request is still a draft.",)


READY = Phase(
    name=PhaseName.READY,
    title="Ready for review",
    works=(MERGE, RESOLVE, RECHECK, SUMMARY, DESCRIBE, FLIP),
    body=deliver,
    gate=(Condition("pull request ready for review", _is_ready),),
)
