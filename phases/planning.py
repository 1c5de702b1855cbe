"""Planning: three plans written side by side, then reviewed, then revised until approved.

The plans do not read one another. The product manager reads all three. Where a person is to approve
them as well, the run waits for that behind the gate.
"""

from hashlib import sha256

from phases.core.artifacts import cases_of, covered
from phases.core.command import Word
from phases.core.context import RunContext
from phases.core.errors import ApprovalNeededError
from phases.core.gates import Condition
from phases.core.model import Variant
from phases.core.phase import Phase
from phases.core.receipts import CheckStatus
from phases.core.record import Performed, Record
from phases.core.submission import Demand, Side, Verdict
from phases.core.work import Action, PhaseName, Step

DESIGN = Step(
    agent="ui-designer",
    makes="design-plan.md",
    title="Plan the design",
    side=Side.FRONTEND,
)
SYSTEM = Step(agent="architect", makes="system-plan.md", title="Plan the system")
TESTS = Step(agent="test-writer", makes="test-plan.md", title="Plan the tests")
REVIEW = Step(
    agent="product-manager",
    makes="plan-review.md",
    title="Review the plans",
    demands=frozenset({Demand.VERDICT, Demand.REVIEWS}),
)
BASELINE = Action("baseline", "Run every check on the base commit")
PLANS = (DESIGN, SYSTEM, TESTS)
MOST_REVISIONS = 2


async def plan(run: RunContext) -> None:
    """Write the plans beside the baseline checks; revise what the review, or a person, sends back.

    At most two revisions (three at full weight), and as many more when a person asks; then the
    gate has the last word.
    """
    *plans, _ = await run.together(*PLANS, BASELINE)
    made = dict(zip(PLANS, plans, strict=True))
    await _until_approved(run, made)
    for wish in run.record.ordered(Word.REVISE):
        # What was begun after a person asked has answered already.
        due = tuple(step for step in PLANS if made[step].started_at < wish.at)
        if due:
            made |= zip(due, await run.together(*due), strict=True)
            await _until_approved(run, made)


async def _until_approved(run: RunContext, made: dict[Step, Performed]) -> None:
    review = await _review(run, made)
    revisions = 0
    most = MOST_REVISIONS + (run.record.run.variant is Variant.FULL)
    while (returned := _returned(review)) and revisions < most:
        revised = await run.together(*returned, answering=(review,))
        made |= zip(returned, revised, strict=True)
        review = await _review(run, made)
        revisions += run.record.counts(review)


async def _review(run: RunContext, made: dict[Step, Performed]) -> Performed:
    """Return a review of these very plans; an earlier one may be of others."""
    while True:
        review = await run.perform(REVIEW)
        if all(plan.started_at <= review.started_at for plan in made.values()):
            return review


def _returned(review: Performed) -> tuple[Step, ...]:
    reviews = review.submission.reviews if review.submission else None
    names = {r.artifact for r in reviews or () if r.verdict is Verdict.CHANGES_REQUESTED}
    return tuple(step for step in PLANS if step.makes in names)


def _plans_are_complete(record: Record) -> tuple[str, ...]:
    return tuple(
        f"{step.makes} is missing."
        for step in PLANS
        if record.latest(PhaseName.PLANNING, step.agent) is None
    )


def _plans_are_approved(record: Record) -> tuple[str, ...]:
    review = record.latest(PhaseName.PLANNING, REVIEW.agent)
    if review is None:
        return ("The plans have not been reviewed.",)
    return tuple(
        f"{step.makes} is still not approved after review {review.name.round}."
        for step in _returned(review)
    )


def _requirements_are_planned(record: Record) -> tuple[str, ...]:
    plans = [artifact for step in PLANS if (artifact := record.artifact(step.makes))]
    planned = {name for artifact in plans for name in covered(artifact.text)}
    tests = record.artifact(TESTS.makes)
    cases = cases_of(tests.text) if tests else ()
    tested = {name for case in cases for name in case.requirements} if tests else planned
    return (
        *(
            f"{name} is covered by no plan."
            for name in record.requirement_ids
            if name not in planned
        ),
        *(
            f"{name} has no case in {TESTS.makes}."
            for name in record.requirement_ids
            if name not in tested
        ),
    )


def _baseline_is_on_record(record: Record) -> tuple[str, ...]:
    baseline = record.latest(PhaseName.PLANNING, BASELINE.name)
    if baseline is None:
        return ("The checks have not been run on the base commit.",)
    if any(receipt.status is not CheckStatus.DID_NOT_RUN for receipt in baseline.receipts):
        return ()
    return (
        (
            "The repository has no check that runs (lint, format, types or tests), so nothing "
            "could vouch for a change. Name its commands under `checks` in "
            "`.github/phaseline.yml`."
        ),
    )


def plans_hash(record: Record) -> str:
    """Return what an approval is bound to: the SHA-256 over the names and hashes of the plans."""
    plans = [artifact for step in PLANS if (artifact := record.artifact(step.makes))]
    lines = "".join(f"{plan.name} {plan.sha256}\n" for plan in plans)
    return sha256(lines.encode()).hexdigest()


def _a_person_approves(record: Record) -> None:
    """Ask for approval where the label or the repository wants it and these plans have none.

    Raises:
        ApprovalNeededError: as long as nobody approved exactly these plans.
    """
    run = record.run
    if run.variant is not Variant.PLAN and not (run.base and run.base.plan_gate):
        return
    plans = plans_hash(record)
    if any(command.argument == plans for command in record.ordered(Word.APPROVE)):
        return
    who = "The label asks" if run.variant is Variant.PLAN else "`.github/phaseline.yml` asks"
    listed = "\n".join(
        f"- {step.makes}: `{artifact.sha256[:10]}`" if artifact else f"- {step.makes}: none"
        for step in PLANS
        for artifact in (record.artifact(step.makes),)
    )
    raise ApprovalNeededError(
        f"{who} for a person's approval before anything is built. An approval holds for exactly "
        f"these plans (`{plans[:10]}`):\n\n{listed}",
        plans,
    )


PLANNING = Phase(
    name=PhaseName.PLANNING,
    title="Planning",
    works=(*PLANS, BASELINE, REVIEW),
    body=plan,
    gate=(
        Condition("plans complete", _plans_are_complete),
        Condition("plans approved", _plans_are_approved),
        Condition("every requirement planned and tested", _requirements_are_planned),
        Condition("baseline on record", _baseline_is_on_record),
    ),
    consent=_a_person_approves,
)
