"""Quality assurance: tests, every check over the whole repository, review, documents.

Verdicts are computed from receipts; no agent is asked whether the checks are green.
"""

from phases.core.artifacts import tested_requirements
from phases.core.context import RunContext
from phases.core.errors import BlockedError
from phases.core.gates import Condition
from phases.core.model import Variant
from phases.core.ownership import owner_of
from phases.core.phase import Phase
from phases.core.receipts import CheckKind, Comparison, Failure, compare
from phases.core.record import Performed, Record
from phases.core.submission import Demand, Finding, Severity, Side
from phases.core.work import SECOND_OPINION, Action, Files, PhaseName, Step

TESTS = Step(
    agent="test-writer",
    makes="test-report.md",
    title="Write the tests",
    demands=frozenset({Demand.COMMIT}),
    files=Files.COMMITTED,
)
CHECKS = Action("checks", "Run every check on the head commit")
DIAGNOSE = Step(
    agent="debugger",
    makes="diagnosis.md",
    title="Diagnose the failures",
    demands=frozenset({Demand.DIAGNOSIS}),
    files=Files.THROWN_AWAY,
    when_needed=True,
)
BACKEND_FIX = Step(
    agent="backend-developer",
    makes="backend-implementation.md",
    title="Mend the back end",
    demands=frozenset({Demand.COMMIT_OR_NO_CHANGE}),
    files=Files.COMMITTED,
    when_needed=True,
)
FRONTEND_FIX = Step(
    agent="frontend-developer",
    makes="frontend-implementation.md",
    title="Mend the front end",
    demands=frozenset({Demand.COMMIT_OR_NO_CHANGE}),
    files=Files.COMMITTED,
    when_needed=True,
)
QUALITY = Step(
    agent="quality-checker",
    makes="quality-report.md",
    title="Repair style",
    demands=frozenset({Demand.COMMIT_OR_NO_CHANGE}),
    files=Files.COMMITTED,
)
REVIEW = Step(
    agent="code-reviewer",
    makes="review-report.md",
    title="Review the change",
    demands=frozenset({Demand.VERDICT, Demand.FINDINGS}),
)
DOCUMENT = Step(
    agent="documentation-expert",
    makes="documentation-report.md",
    title="Update the documents",
    demands=frozenset({Demand.COMMIT}),
    files=Files.COMMITTED,
    side=Side.DOCS,
)
FIXES = {step.agent: step for step in (BACKEND_FIX, FRONTEND_FIX, TESTS)}
MOST_ROUNDS = 3
MOST_RETURNS = 1
STYLE = frozenset({CheckKind.LINT, CheckKind.FORMAT})


async def assure(run: RunContext) -> None:
    """Test, make the checks green, repair style, review, document, and check the last commit."""
    await run.perform(TESTS)
    await _until_green(run)
    if run.record.latest(PhaseName.QA, QUALITY.agent) is None:
        await run.perform(QUALITY)
    await _until_approved(run)
    await run.perform(DOCUMENT)
    await _until_green(run)


async def _until_green(run: RunContext) -> None:
    """Check, diagnose and mend, for at most three rounds, and three more when a person asks.

    Raises:
        BlockedError: when a new failure is left after the last round.
    """
    checks = await run.perform(CHECKS)
    rounds = 0
    while not (result := against_baseline(run.record, checks)).clean:
        if rounds == MOST_ROUNDS:
            raise BlockedError(
                f"The checks are still red after {MOST_ROUNDS} rounds of repair.\n\n"
                f"{_listed(result)}"
            )
        await _mend(run, checks, result)
        checks = await run.perform(CHECKS)
        rounds += run.record.counts(checks)


async def _mend(run: RunContext, checks: Performed, result: Comparison) -> None:
    if result.new and all(failure.check.kind in STYLE for failure in result.new):
        await run.perform(QUALITY, answering=(checks,))
        return
    diagnosis = await run.perform(DIAGNOSE, answering=(checks,))
    entries = (diagnosis.submission.diagnosis if diagnosis.submission else None) or ()
    for owner in dict.fromkeys(entry.owner for entry in entries):
        await run.perform(FIXES[owner], answering=(checks, diagnosis))


async def _until_approved(run: RunContext) -> None:
    """Review; what blocks goes back once, and once more when a person asks, and is reviewed again.

    At full weight another model then reviews what the first one let through, and knows nothing of
    its report.

    Raises:
        BlockedError: when a review still finds something blocking after its return.
    """
    await _until_approved_by(run, None)
    if run.record.run.variant is Variant.FULL:
        await _until_approved_by(run, SECOND_OPINION)


async def _until_approved_by(run: RunContext, opinion: str | None) -> None:
    review = await run.perform(REVIEW, subject=opinion)
    returns = 0
    while findings := blocking(review):
        if returns == MOST_RETURNS:
            titles = "\n".join(f"- {f.id} `{f.file}`: {f.title}" for f in findings)
            raise BlockedError(f"The code review still finds something blocking.\n\n{titles}")
        for owner in dict.fromkeys(_owner(run.record, finding) for finding in findings):
            await run.perform(FIXES[owner], answering=(review,))
        await _until_green(run)
        review = await run.perform(REVIEW, subject=opinion)
        returns += run.record.counts(review)


def _owner(record: Record, finding: Finding) -> str:
    return owner_of(finding.file, record.run.base.places if record.run.base else None)


def against_baseline(record: Record, checks: Performed) -> Comparison:
    """Hold the receipts of checks against those of the base commit."""
    return compare(record.baseline, checks.receipts)


def blocking(review: Performed) -> tuple[Finding, ...]:
    """Return the findings of a review that block."""
    findings = (review.submission.findings if review.submission else None) or ()
    return tuple(finding for finding in findings if finding.severity is Severity.BLOCKING)


def _listed(result: Comparison) -> str:
    idle = [f"- {receipt.check}: did not run. {receipt.reason}" for receipt in result.did_not_run]
    return "\n".join([*(f"- {_place(failure)}" for failure in result.new[:20]), *idle])


def _place(failure: Failure) -> str:
    where = f"{failure.file}:{failure.line}" if failure.line else failure.file
    return f"{failure.check}: `{where}` {failure.message}"


def _receipts_are_green(record: Record) -> tuple[str, ...]:
    checks = record.latest(PhaseName.QA, CHECKS.name)
    if checks is None:
        return ("The checks have not been run.",)
    stale = {receipt.commit for receipt in checks.receipts} - {record.run.head}
    if stale:
        return ("The last receipts are not for the head of the pull request.",)
    result = against_baseline(record, checks)
    return (
        *(f"New failure: {_place(failure)}" for failure in result.new),
        *(f"{receipt.check} did not run: {receipt.reason}" for receipt in result.did_not_run),
    )


def _review_is_settled(record: Record) -> tuple[str, ...]:
    wanted = (None, SECOND_OPINION) if record.run.variant is Variant.FULL else (None,)
    reviews = [record.latest(PhaseName.QA, REVIEW.agent, opinion) for opinion in wanted]
    if None in reviews:
        return ("The change has not been reviewed.",)
    return tuple(
        f"{finding.id} is open and blocking: {finding.title}"
        for review in reviews
        if review
        for finding in blocking(review)
    )


def _requirements_are_tested(record: Record) -> tuple[str, ...]:
    report = record.artifact(TESTS.makes)
    plan = record.artifact("test-plan.md")
    if report is None or plan is None:
        return ("There is no report that maps requirements to tests.",)
    tested = tested_requirements(plan.text, report.text)
    return tuple(
        f"{name} is covered by no test, and {TESTS.makes} does not say why."
        for name in record.requirement_ids
        if name not in tested
    )


QA = Phase(
    name=PhaseName.QA,
    title="Quality assurance",
    works=(TESTS, CHECKS, DIAGNOSE, BACKEND_FIX, FRONTEND_FIX, QUALITY, REVIEW, DOCUMENT),
    body=assure,
    gate=(
        Condition("checks green on the head commit", _receipts_are_green),
        Condition("no blocking finding open", _review_is_settled),
        Condition("every requirement tested or excused", _requirements_are_tested),
    ),
)
