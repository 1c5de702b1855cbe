"""A record with one of everything, and hostile text where text comes from outside."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from phases.core.machine import RunState
from phases.core.model import (
    Artifact,
    Commit,
    Person,
    PullRequest,
    Repository,
    Request,
    Run,
    StepOutcome,
)
from phases.core.receipts import CheckId, CheckKind, CheckStatus, Receipt
from phases.core.record import Note, Passage, Performed, Record
from phases.core.submission import Side
from phases.core.work import PhaseName, WorkName

WHEN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script><img src=x onerror=y>'


def record(
    *, run_id: str = "r1", title: str = "Add due dates", url: str = "https://x.test/1"
) -> Record:
    run = Run(
        id=run_id,
        repository=Repository(501, "acme", "shop", 7, "main"),
        issue=3,
        number=1,
        labeller=Person(11, "maintainer"),
        state=RunState.BLOCKED,
        segment=2,
        created_at=WHEN,
        limit_usd=Decimal(15),
        request=Request(title, "body", "reader", (), WHEN),
        head="c" * 40,
        pull_request=PullRequest(8, "PR_8", url, draft=True),
        reason=f"A gate said no: {title}",
    )
    receipt = Receipt(
        check=CheckId(Side.BACKEND, CheckKind.TESTS),
        status=CheckStatus.FAILED,
        argv=("pytest",),
        exit_code=1,
        commit="c" * 40,
        tree="d" * 40,
        environment="e",
        seconds=1.25,
        log_sha256="f" * 64,
        passed=4,
        failed=1,
    )
    spec = Performed(
        name=WorkName(PhaseName.INITIALIZATION, "project-manager", 1),
        title=title,
        attempt=1,
        started_at=WHEN,
        ended_at=WHEN,
        outcome=StepOutcome.DONE,
        model="claude-opus-5-5",
        cost_usd=Decimal("0.123456789"),
        artifact=Artifact("pm-spec.md", title, "a" * 64),
        commit=Commit("c" * 40, "d" * 40, "feat: x", ("a.py",), 1, 0),
        notes=(Note(WHEN, title),),
        url=url,
    )
    checks = Performed(
        name=WorkName(PhaseName.QA, "checks", 1),
        title="Checks",
        attempt=1,
        started_at=WHEN,
        receipts=(receipt,),
    )
    return Record(
        run=run,
        works=(spec, checks),
        passages=(
            Passage(PhaseName.INITIALIZATION, WHEN, WHEN),
            Passage(PhaseName.PLANNING, WHEN, None),
        ),
        spent_usd=Decimal("0.5"),
        notes=(Note(WHEN, title),),
        tracker_url=url,
    )


def prepared(run_id: str) -> Record:
    """Return a run of which nothing has been done but preparing."""
    made = record(run_id=run_id)
    work = replace(made.works[1], name=WorkName(PhaseName.INITIALIZATION, "prepare", 1))
    return replace(made, works=(work,))


def checked(run_id: str) -> Record:
    """Return a run whose checks were run and are red."""
    made = record(run_id=run_id)
    work = replace(made.works[1], outcome=StepOutcome.DONE, ended_at=WHEN)
    return replace(made, works=(work,))
