"""Initialization: freeze what was asked and what it starts from, write the spec, open the draft.

The environment is prepared beside the spec; the baseline checks run beside the plans (ADR 0004).
"""

from phases.core.context import RunContext
from phases.core.gates import Condition
from phases.core.phase import Phase
from phases.core.record import Record
from phases.core.submission import Demand
from phases.core.work import Action, PhaseName, Step

FREEZE = Action("freeze", "Freeze the request and the base commit")
SPEC = Step(
    agent="project-manager",
    makes="pm-spec.md",
    title="Write the specification",
    demands=frozenset({Demand.REQUIREMENTS, Demand.WEIGHT, Demand.SIDES}),
)
PREPARE = Action("prepare", "Prepare the environment")
DRAFT = Action("draft", "Open the branch and the draft pull request")


async def initialize(run: RunContext) -> None:
    """Freeze the request, then specify it while the environment is built, then open the draft."""
    await run.perform(FREEZE)
    await run.together(SPEC, PREPARE)
    await run.perform(DRAFT)


def _request_is_frozen(record: Record) -> tuple[str, ...]:
    if record.run.request and record.run.base:
        return ()
    return ("The request and its base commit are not on record.",)


def _spec_is_on_record(record: Record) -> tuple[str, ...]:
    return () if record.requirement_ids else ("There is no specification with requirements.",)


def _environment_is_prepared(record: Record) -> tuple[str, ...]:
    prepared = record.latest(PhaseName.INITIALIZATION, PREPARE.name)
    return () if prepared else ("The environment of the repository is not prepared.",)


def _draft_is_open(record: Record) -> tuple[str, ...]:
    if record.run.branch and record.run.pull_request:
        return ()
    return ("The branch and its draft pull request are not open.",)


INITIALIZATION = Phase(
    name=PhaseName.INITIALIZATION,
    title="Initialization",
    works=(FREEZE, SPEC, PREPARE, DRAFT),
    body=initialize,
    gate=(
        Condition("request and base commit frozen", _request_is_frozen),
        Condition("specification on record", _spec_is_on_record),
        Condition("environment prepared", _environment_is_prepared),
        Condition("branch and draft open", _draft_is_open),
    ),
)
