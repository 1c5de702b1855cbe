"""What becomes of a run's row when people, the clock or a segment's end steer it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.store.codec import awaiting_to_json, request_to_json
from app.store.columns import Moment
from app.store.moments import behind_all
from app.store.moving import touch
from app.store.packs import drop_packs_of_run
from app.store.run_rows import locked_state
from app.store.tables import CommandRow, PassageRow, RunRow, WorkRow
from phases.again import reopened
from phases.core.command import Commanded
from phases.core.errors import StaleSegmentError
from phases.core.machine import OVER, RESUMABLE, RunState, may_move
from phases.core.model import Awaited, Awaiting, Request, Run, StepOutcome
from phases.core.work import WorkName


def move_row(
    connection: sa.Connection,
    run: str,
    state: RunState,
    why: str,
    now: datetime,
    commanded: Commanded | None,
    request: Request | None,
) -> bool:
    """Move a run to its next segment, with the order that asked for it; tell whether it moved.

    A move that the machine does not know (any more) does nothing.
    """
    if not _may_be_moved(locked_state(connection, run), state):
        return False
    at = behind_all(connection, run, now)
    paused = Awaiting(Awaited.RESUME, now) if state is RunState.WAITING else None
    values: dict[str, Any] = {
        "state": state,
        "segment": RunRow.segment + 1,
        "reason": "" if state is RunState.RUNNING else f"{why}.",
        "resumed_at": now,
        "asked_at": _asked_at(connection, run, commanded, at)
        if state is RunState.RUNNING
        else RunRow.asked_at,
        "ended_at": None if state in {RunState.RUNNING, RunState.WAITING} else now,
        "wakes_at": None,
        "awaiting": awaiting_to_json(paused),
    }
    if request is not None:
        values |= {"request": request_to_json(request), "edited": None}
    connection.execute(sa.update(RunRow).where(RunRow.id == run).values(**values))
    if commanded is not None:
        put_on_record(connection, run, commanded, at)
    if state in OVER:
        drop_packs_of_run(connection, run)
    touch(connection, run)
    return True


def _asked_at(
    connection: sa.Connection, run: str, commanded: Commanded | None, now: datetime
) -> datetime:
    """Return when a person asked: what happens behind that, and is told later, still counts.

    What the run has done was done before, whatever the clocks say: `now` lies behind all of it.
    """
    if commanded is None:
        return now
    done = connection.scalar(sa.select(sa.func.max(WorkRow.ended_at)).where(WorkRow.run_id == run))
    return min(now, max(commanded.at, done or commanded.at))


def supersede(
    connection: sa.Connection, run: str, works: tuple[WorkName, ...], why: str, now: datetime
) -> None:
    """Have works done again: they stay on record, and the gates behind them are to be passed anew.

    What they showed on GitHub stays as it is.
    """
    if not works:
        return
    connection.execute(
        sa.update(WorkRow)
        .where(WorkRow.run_id == run, WorkRow.name.in_([str(name) for name in works]))
        .values(
            outcome=StepOutcome.SUPERSEDED,
            ended_at=sa.func.coalesce(
                WorkRow.ended_at, behind_all(connection, run, now), type_=Moment()
            ),
            reason=f"{why}.",
        )
    )
    connection.execute(
        sa.update(PassageRow)
        .where(PassageRow.run_id == run, PassageRow.phase.in_(tuple(reopened(works))))
        .values(passed_at=None)
    )


def _may_be_moved(old: RunState, new: RunState) -> bool:
    # A run that waits for the clock can be told to wait for a person.
    return may_move(old, new) or old is new is RunState.WAITING


def stopped_by_itself(connection: sa.Connection, run: str) -> bool:
    """Tell whether a run stands still without anybody having been asked, or having asked for it."""
    query = sa.select(RunRow.state, RunRow.awaiting).where(RunRow.id == run).with_for_update()
    row = connection.execute(query).one()
    return RunState(row.state) in RESUMABLE and row.awaiting is None


def put_on_record(connection: sa.Connection, run: str, commanded: Commanded, now: datetime) -> None:
    """Add an order that was taken, with the moment of taking it."""
    connection.execute(
        sa.insert(CommandRow).values(
            run_id=run,
            word=commanded.word,
            argument=commanded.argument,
            by_id=commanded.by.id,
            by_login=commanded.by.login,
            at=now,
        )
    )


def stop_row(
    connection: sa.Connection,
    run: Run,
    state: RunState,
    reason: str,
    now: datetime,
    wakes_at: datetime | None,
    approval_of: str,
) -> None:
    """Record where a run's segment ended.

    Raises:
        StaleSegmentError: when the run has moved on.
    """
    awaiting = Awaiting(Awaited.APPROVAL, now, approval_of) if approval_of else None
    done = connection.execute(
        sa.update(RunRow)
        .where(
            RunRow.id == run.id,
            RunRow.segment == run.segment,
            RunRow.state == RunState.RUNNING,
        )
        .values(
            state=state,
            reason=reason,
            wakes_at=wakes_at,
            awaiting=awaiting_to_json(awaiting),
            ended_at=None if state is RunState.WAITING else now,
        )
    )
    if done.rowcount != 1:
        raise StaleSegmentError(f"run {run.id} has moved on from segment {run.segment}")
    if state in OVER:
        drop_packs_of_run(connection, run.id)
