"""Planning: three plans written side by side, then reviewed, then revised until approved.

The plans do not read one another. The product manager reads all three.
"""

from phases.core.artifacts import cases_of, covered
from phases.core.context import RunContext
from phases.core.gates import Condition
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
    """Write the plans beside the baseline checks; revise what the review sends back.

    At most two revisions, and two more when a person asks; then the gate has the last word.
    """
    await run.together(*PLANS, BASELINE)
    review = await run.perform(REVIEW)
    revisions = 0
    while (returned := _returned(review)) and revisions < MOST_REVISIONS:
        await run.together(*returned, answering=(review,))
        review = await run.perform(REVIEW)
        revisions += run.record.counts(review)


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
)
