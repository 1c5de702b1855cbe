"""A run and the works of its team, put down by hand: what comments are made from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from phases.core.machine import RunState
from phases.core.model import (
    Artifact,
    Base,
    Commit,
    Person,
    Places,
    PullRequest,
    Repository,
    Request,
    Run,
    StepOutcome,
)
from phases.core.receipts import CheckKind
from phases.core.record import Note, Passage, Performed, Record
from phases.core.submission import Outcome, Submission, Weight
from phases.core.tracker import tracker
from phases.core.work import PhaseName, WorkName
from phases.pipeline import standard_pipeline
from tests.fakes.outside import receipt
from tests.fakes.worktree import sha

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PHASES = standard_pipeline().phases


def at(seconds: int) -> datetime:
    return NINE + timedelta(seconds=seconds)


def run(state: RunState, **fields: object) -> Run:
    made = Run(
        id="0" * 32,
        repository=Repository(11, "acme", "widgets", 5, "main"),
        issue=3,
        number=1,
        labeller=Person(101, "maintainer"),
        state=state,
        segment=1,
        created_at=NINE,
        limit_usd=Decimal(15),
        request=Request("Add a search box", "Please.", "reader", (), NINE),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def work(name: str, title: str, start: int, end: int | None = None, **fields: object) -> Performed:
    made = Performed(
        name=WorkName.parse(name),
        title=title,
        attempt=1,
        started_at=at(start),
        ended_at=None if end is None else at(end),
        outcome=None if end is None else StepOutcome.DONE,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


SPEC = work(
    "initialization/project-manager/1",
    "Write the specification",
    2,
    40,
    model="claude-sonnet-5-5",
    cost_usd=Decimal("0.1234"),
    artifact=Artifact("pm-spec.md", "## Summary", "a" * 64),
    submission=Submission(Outcome.DONE, "", "two requirements", weight=Weight.STANDARD),
    url="https://github.com/acme/widgets/issues/3#issuecomment-1",
)
FREEZE = work(
    "initialization/freeze/1",
    "Freeze the request and the base commit",
    0,
    2,
    detail=f"`main` at {sha('base')[:10]}",
)
BUILT = work(
    "implementation/backend-developer/1",
    "Build the back end",
    130,
    230,
    cost_usd=Decimal("1.5"),
    artifact=Artifact("backend-implementation.md", "## What changed", "b" * 64),
    commit=Commit(sha("built"), sha("tree"), "feat: search", ("back/a.py",), 30, 2),
    notes=(Note(at(200), "Sent back: `front/a.ts` was put back: it lies outside your scope."),),
)
CHECKED = work(
    "qa/checks/1",
    "Run every check on the head commit",
    240,
    250,
    receipts=(receipt(sha("built"), CheckKind.TESTS),),
    detail="1 passed",
    url="https://github.com/acme/widgets/pull/4#issuecomment-9",
)
DRAFT = PullRequest(4, "PR_4", "https://github.com/acme/widgets/pull/4", True)
STARTED = {
    "started_at": NINE,
    "branch": "phaseline/3-add-a-search-box",
    "head": sha("built"),
    "pull_request": DRAFT,
    "base": Base(sha("base"), "main", Places(backend=("/back/",))),
}
ENTERED = Passage(PhaseName.INITIALIZATION, at(0), at(41))
BUILDING = Passage(PhaseName.IMPLEMENTATION, at(130), None)


def shown(state: RunState, *works: Performed, **fields: object) -> str:
    record = Record(
        run(state, **{**STARTED, **fields}),
        works,
        (ENTERED, Passage(PhaseName.PLANNING, at(41), at(130)), BUILDING),
        sum((w.cost_usd for w in works), Decimal(0)),
    )
    return tracker(record, PHASES)
