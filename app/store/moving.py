"""What writes of a run share: the fence, the touch that makes them seen, what should stand."""

from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.store.tables import NoteRow, OutwardRow, RepositoryRow, RunRow, Table
from phases.core.errors import StaleSegmentError
from phases.core.machine import RunState
from phases.core.model import Repository, Run
from phases.core.outward import Desired, OutwardKind

# Twice what a run needs in which each agent is sent back once.
MOST_COMMENTS = 60
TOLD_ALL = (
    f"This run has had {MOST_COMMENTS} comments and gets no more. What comes after stands in this "
    "comment, and whole in what the operator can read with `phaseline runs export`."
)

# Made once: building a statement costs more than running it.
_RUN = Table.metadata.tables["run"]
_TOUCH = sa.update(_RUN).where(_RUN.c.id == sa.bindparam("run")).values(touched=_RUN.c.touched + 1)


def insert(connection: sa.Connection, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that knows ON CONFLICT in this database's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def fence(connection: sa.Connection, run: Run) -> None:
    """Hold a write to the segment that it comes from.

    Raises:
        StaleSegmentError: when the run has moved on to another segment, or does not run any more.
    """
    query = sa.select(RunRow.segment, RunRow.state).where(RunRow.id == run.id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None or row.segment != run.segment or row.state != RunState.RUNNING:
        raise StaleSegmentError(f"run {run.id} has moved on from segment {run.segment}")


def touch(connection: sa.Connection, run: str) -> None:
    """Note that what a run shows has changed."""
    connection.execute(_TOUCH, {"run": run})


def note(connection: sa.Connection, run: str, name: str, text: str, now: datetime) -> None:
    """Add a note to a run, or to its work of that name; the same text is noted once."""
    connection.execute(
        insert(connection, NoteRow)
        .values(
            run_id=run,
            name=name,
            text=text,
            text_sha256=sha256(text.encode()).hexdigest(),
            at=now,
        )
        .on_conflict_do_nothing()
    )
    touch(connection, run)


def remember_repository(connection: sa.Connection, repository: Repository) -> None:
    """Keep a repository as it is called today."""
    values = {
        "installation": repository.installation,
        "owner": repository.owner,
        "name": repository.name,
        "default_branch": repository.default_branch,
    }
    connection.execute(
        insert(connection, RepositoryRow)
        .values(id=repository.id, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


def want(
    connection: sa.Connection,
    repository: int,
    issue: int,
    run: str | None,
    desired: Desired,
    now: datetime,
) -> None:
    """Add something that should stand on GitHub, or change what should stand under its key.

    A run that has had its 60 comments gets no further one; it says so, once.
    """
    if run and desired.kind is OutwardKind.COMMENT and not _has_room(connection, run, desired.key):
        note(connection, run, "", TOLD_ALL, now)
        return
    owner = run or _conversation(repository, issue)
    connection.execute(
        insert(connection, OutwardRow)
        .values(
            owner=owner,
            key=desired.key,
            run_id=run,
            repository_id=repository,
            issue=issue,
            kind=desired.kind,
            place=desired.place,
            comment=desired.comment,
            text=desired.text,
            text_sha256=desired.text_sha256,
        )
        .on_conflict_do_update(
            index_elements=["owner", "key"],
            set_={"text": desired.text, "text_sha256": desired.text_sha256},
        )
    )


def want_all(connection: sa.Connection, run: Run, show: tuple[Desired, ...], now: datetime) -> None:
    """Add, or change, everything of a run's that should stand on GitHub."""
    for desired in show:
        want(connection, run.repository.id, run.issue, run.id, desired, now)


def _has_room(connection: sa.Connection, run: str, key: str) -> bool:
    of_run = sa.and_(OutwardRow.owner == run, OutwardRow.kind == OutwardKind.COMMENT)
    keys = set(connection.scalars(sa.select(OutwardRow.key).where(of_run)))
    return key in keys or len(keys) < MOST_COMMENTS


def replies_since(connection: sa.Connection, repository: int, issue: int, since: datetime) -> int:
    """Return how many comments a conversation got since then, or is to get, that are no run's."""
    return connection.execute(
        sa.select(sa.func.count()).where(
            OutwardRow.owner == _conversation(repository, issue),
            OutwardRow.kind == OutwardKind.COMMENT,
            sa.or_(OutwardRow.posted_at.is_(None), OutwardRow.posted_at > since),
        )
    ).scalar_one()


def _conversation(repository: int, issue: int) -> str:
    return f"{repository}#{issue}"


def repository_of(row: Any, *, owner: str | None = None) -> Repository:
    """Return the repository in a row that selects its columns (`owner` under another name)."""
    return Repository(
        id=row.repository_id,
        owner=owner or row.owner,
        name=row.name,
        installation=row.installation,
        default_branch=row.default_branch,
    )
