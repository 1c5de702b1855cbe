"""What a step may demand of a submission beyond its shape, and what a submission still owes it.

It judges only what the agent said; whether the work is done, gates find out.
"""

from collections.abc import Iterable
from enum import StrEnum

from phases.core.submission.model import Outcome, Severity, Submission, Verdict


class Demand(StrEnum):
    """A field that a step cannot do without, by the name `submit` has for it.

    `COMMIT_OR_NO_CHANGE` is the only one that lets a step end with `no_change`.
    """

    REQUIREMENTS = "requirements"
    WEIGHT = "weight"
    SIDES = "sides"
    COMMIT = "commit"
    COMMIT_OR_NO_CHANGE = "commit_or_no_change"
    VERDICT = "verdict"
    REVIEWS = "reviews"
    FINDINGS = "findings"
    REFUTATIONS = "refutations"
    DIAGNOSIS = "diagnosis"
    INTERFACES = "interfaces"
    DECISIONS = "decisions"


_EMPTY_IS_AN_ANSWER = frozenset({Demand.FINDINGS, Demand.INTERFACES, Demand.DECISIONS})


def unmet(submission: Submission, demands: frozenset[Demand]) -> tuple[str, ...]:
    """Return a sentence for each demand that the submission leaves open, or contradicts.

    A step that ends `blocked` owes nothing but its reason, which parsing has seen to.
    """
    if submission.outcome is Outcome.BLOCKED:
        return ()
    faults = list(_about_the_change(submission, demands))
    fields = sorted(demands - {Demand.COMMIT, Demand.COMMIT_OR_NO_CHANGE})
    faults.extend(fault for field in fields if (fault := _missing(submission, field)))
    faults.extend(_contradictions(submission, demands))
    return tuple(faults)


def unreviewed(submission: Submission, artifacts: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence for each artifact without a review, and for each review of none of them."""
    expected = tuple(artifacts)
    given = [review.artifact for review in submission.reviews or ()]
    missing = [
        f"`reviews` has no entry for {name}: review every plan, also one that you approve."
        for name in expected
        if name not in given
    ]
    foreign = [
        f"`reviews` names {name}, which is not under review here. Under review: "
        f"{', '.join(expected)}."
        for name in given
        if name not in expected
    ]
    return (*missing, *foreign)


def _about_the_change(submission: Submission, demands: frozenset[Demand]) -> Iterable[str]:
    unchanged = submission.outcome is Outcome.NO_CHANGE
    if unchanged and Demand.COMMIT_OR_NO_CHANGE not in demands:
        yield (
            "`outcome` is no_change, which this step does not know: do the work and submit `done`, "
            "or submit `blocked` and say in `summary` what stands in the way."
        )
    elif unchanged and submission.commit is not None:
        yield (
            "`outcome` is no_change and `commit` is given: set `commit` to null, or submit `done`."
        )
    wanted = demands & {Demand.COMMIT, Demand.COMMIT_OR_NO_CHANGE}
    if wanted and not unchanged and submission.commit is None:
        yield "`commit` is null: this step ends in a commit; give type, scope, subject and body."


def _missing(submission: Submission, demand: Demand) -> str | None:
    value = getattr(submission, demand.value)
    if value is None:
        hint = " (an empty list when there are none)" if demand in _EMPTY_IS_AN_ANSWER else ""
        return f"`{demand}` is null: this step must give it{hint}."
    if value == () and demand not in _EMPTY_IS_AN_ANSWER:
        return f"`{demand}` is empty: this step must give at least one entry."
    return None


def _contradictions(submission: Submission, demands: frozenset[Demand]) -> Iterable[str]:
    if Demand.VERDICT not in demands or submission.verdict is None:
        return
    approved = submission.verdict is Verdict.APPROVED
    if Demand.REVIEWS in demands and submission.reviews:
        returned = [r.artifact for r in submission.reviews if r.verdict is not Verdict.APPROVED]
        if approved and returned:
            yield f"`verdict` is approved, yet `reviews` sends back {', '.join(returned)}."
        if not approved and not returned:
            yield "`verdict` is changes_requested, yet every entry of `reviews` is approved."
    if Demand.FINDINGS in demands and submission.findings is not None:
        blocking = [f.id for f in submission.findings if f.severity is Severity.BLOCKING]
        if approved and blocking:
            yield f"`verdict` is approved, yet {', '.join(blocking)} is blocking."
        if not approved and not blocking:
            yield "`verdict` is changes_requested, yet no finding is blocking."
