"""A run as a row, and back; and the moves of that row inside a transaction."""

from typing import Any

import sqlalchemy as sa

from app.store.codec import (
    awaiting_from_json,
    base_from_json,
    drift_from_json,
    pull_request_from_json,
    request_from_json,
    request_to_json,
)
from app.store.moving import repository_of
from app.store.tables import RepositoryRow, RunRow
from phases.core.machine import RunState
from phases.core.model import Person, Run, Variant

_COLUMNS = (
    RunRow,
    RepositoryRow.owner,
    RepositoryRow.name,
    RepositoryRow.installation,
    RepositoryRow.default_branch,
)
RUNS = sa.select(*_COLUMNS).join(RepositoryRow, RepositoryRow.id == RunRow.repository_id)


def run_of(row: Any) -> Run:
    """Return the run in a row of `RUNS`."""
    return Run(
        id=row.id,
        repository=repository_of(row),
        issue=row.issue,
        number=row.number,
        labeller=Person(row.labeller_id, row.labeller_login),
        state=RunState(row.state),
        segment=row.segment,
        created_at=row.created_at,
        limit_usd=row.limit_usd,
        request=request_from_json(row.request),
        base=base_from_json(row.base),
        branch=row.branch,
        head=row.head,
        pull_request=pull_request_from_json(row.pull_request),
        started_at=row.started_at,
        ended_at=row.ended_at,
        asked_at=row.asked_at,
        reason=row.reason,
        variant=Variant(row.variant),
        awaiting=awaiting_from_json(row.awaiting),
        edited=request_from_json(row.edited),
        adopted=row.adopted,
        drift=drift_from_json(row.drift),
    )


def row_of(run: Run) -> dict[str, Any]:
    """Return the row of a run that begins."""
    return {
        "id": run.id,
        "repository_id": run.repository.id,
        "issue": run.issue,
        "number": run.number,
        "state": run.state,
        "segment": run.segment,
        "labeller_id": run.labeller.id,
        "labeller_login": run.labeller.login,
        "limit_usd": run.limit_usd,
        "created_at": run.created_at,
        "request": request_to_json(run.request),
        "variant": run.variant,
        "reason": "",
        "touched": 1,
        "shown": 0,
    }


def locked_state(connection: sa.Connection, run: str) -> RunState:
    """Return the state of a run, which nobody else moves until this transaction ends."""
    query = sa.select(RunRow.state).where(RunRow.id == run).with_for_update()
    return RunState(connection.execute(query).scalar_one())


def numbered(connection: sa.Connection, run: Run) -> Run:
    """Return the run that has the issue and the number of another one."""
    same = RUNS.where(
        RunRow.repository_id == run.repository.id,
        RunRow.issue == run.issue,
        RunRow.number == run.number,
    )
    return run_of(connection.execute(same).one())
