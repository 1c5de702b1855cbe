"""The tables, as SQLAlchemy models. Rows only: what they mean is read in the modules beside."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.store.columns import Moment, Usd


class Table(DeclarativeBase):
    """The root of the models."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        Decimal: Usd(),
        dict[str, Any]: sa.JSON(none_as_null=True),
        list[Any]: sa.JSON(none_as_null=True),
        int: sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    }


class DeliveryRow(Table):
    """One webhook POST; the row is the queue."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(primary_key=True)
    guid: Mapped[str] = mapped_column(unique=True)
    body_sha256: Mapped[str] = mapped_column(unique=True)
    event: Mapped[str]
    action: Mapped[str | None]
    body: Mapped[bytes]
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str | None]


class RepositoryRow(Table):
    """A repository as last seen; the id is GitHub's."""

    __tablename__ = "repository"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    installation: Mapped[int]
    owner: Mapped[str]
    name: Mapped[str]
    default_branch: Mapped[str]


class RunRow(Table):
    """One passage of one issue through the pipeline."""

    __tablename__ = "run"
    __table_args__ = (sa.UniqueConstraint("repository_id", "issue", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    repository_id: Mapped[int] = mapped_column(sa.ForeignKey("repository.id"))
    issue: Mapped[int]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    segment: Mapped[int]
    labeller_id: Mapped[int]
    labeller_login: Mapped[str]
    limit_usd: Mapped[Decimal]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wakes_at: Mapped[datetime | None] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(default="")
    request: Mapped[dict[str, Any] | None]
    base: Mapped[dict[str, Any] | None]
    branch: Mapped[str | None]
    head: Mapped[str | None]
    pull_request: Mapped[dict[str, Any] | None]
    variant: Mapped[str]
    awaiting: Mapped[dict[str, Any] | None]
    edited: Mapped[dict[str, Any] | None]
    adopted: Mapped[str | None]
    drift: Mapped[dict[str, Any] | None]
    touched: Mapped[int] = mapped_column(default=1)
    shown: Mapped[int] = mapped_column(default=0)


class CommandRow(Table):
    """An order of a person's that was taken; append-only."""

    __tablename__ = "command"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id"), index=True)
    word: Mapped[str]
    argument: Mapped[str]
    by_id: Mapped[int]
    by_login: Mapped[str]
    at: Mapped[datetime]


class PassageRow(Table):
    """A run's way through one phase."""

    __tablename__ = "passage"
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id"), primary_key=True)
    phase: Mapped[str] = mapped_column(primary_key=True)
    entered_at: Mapped[datetime]
    passed_at: Mapped[datetime | None]


class WorkRow(Table):
    """One piece of work under its name, in its latest attempt."""

    __tablename__ = "work"
    __table_args__ = (sa.UniqueConstraint("run_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id"))
    name: Mapped[str]
    title: Mapped[str]
    attempt: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")
    artifact_name: Mapped[str | None]
    artifact_text: Mapped[str | None]
    artifact_sha256: Mapped[str | None]
    submission: Mapped[dict[str, Any] | None]
    commit: Mapped[dict[str, Any] | None]
    receipts: Mapped[list[Any] | None]
    detail: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any] | None]


class NoteRow(Table):
    """Something that a reader of the tracker should know; the same thing is noted once."""

    __tablename__ = "note"
    __table_args__ = (sa.UniqueConstraint("run_id", "name", "text_sha256"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id"))
    name: Mapped[str]
    text: Mapped[str]
    text_sha256: Mapped[str]
    at: Mapped[datetime]


class LogRow(Table):
    """The whole output of a check or of a tool, by its hash."""

    __tablename__ = "log"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[bytes]
    at: Mapped[datetime]


class OpeningRow(Table):
    """What a session began with beyond what all of its run share; written once."""

    __tablename__ = "opening"
    session: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id"))
    own: Mapped[list[Any]]
    earlier: Mapped[str | None]


class TurnRecord(Table):
    """One turn of a session: the reply as it came; append-only."""

    __tablename__ = "turn"
    session: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id"))
    request_sha256: Mapped[str]
    reply: Mapped[dict[str, Any]]
    seconds: Mapped[float]
    at: Mapped[datetime]


class ResultRecord(Table):
    """What the tools of a turn gave back, and the files after them; append-only."""

    __tablename__ = "turn_result"
    session: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    results: Mapped[list[Any]]
    snapshot: Mapped[str | None]
    at: Mapped[datetime]


class OutputRow(Table):
    """The whole output of a tool call whose result was cut."""

    __tablename__ = "output"
    session: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id"))
    text: Mapped[bytes]
    at: Mapped[datetime]


class PackRow(Table):
    """What a tree of a checkout needs besides the commit its step started from, as a git pack."""

    __tablename__ = "snapshot"
    __table_args__ = (sa.UniqueConstraint("run_id", "work", "tree"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id", ondelete="CASCADE"))
    work: Mapped[str]
    tree: Mapped[str]
    size: Mapped[int]
    pack: Mapped[bytes]


class LedgerRow(Table):
    """What one request to the model cost; where no answer came, an estimate.

    It asked for turn `n`, or made no turn behind it; `beat` numbers those of one `n`, from 0.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        sa.UniqueConstraint("session", "n", "beat"),
        # Sums are asked for at every turn: these hold all that they need.
        sa.Index("ix_ledger_of_day", "at", "repository_id", "cost"),
        sa.Index("ix_ledger_of_run", "run_id", "at", "cost"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("run.id"))
    repository_id: Mapped[int]
    session: Mapped[str]
    n: Mapped[int]
    beat: Mapped[int]
    name: Mapped[str]
    model: Mapped[str]
    iterations: Mapped[int]
    uncached: Mapped[int]
    written_5m: Mapped[int]
    written_1h: Mapped[int]
    read: Mapped[int]
    output: Mapped[int]
    cost: Mapped[Decimal]
    prices: Mapped[str]
    retries: Mapped[int]
    latency_ms: Mapped[int]
    request_id: Mapped[str]
    answered: Mapped[bool]
    at: Mapped[datetime]


# What does not stand on GitHub as it should, and was not refused for good.
UNSENT = "refused is null and (posted_sha256 is null or posted_sha256 <> text_sha256)"


class OutwardRow(Table):
    """Something that should stand on GitHub, and what of it stands there."""

    __tablename__ = "outward"
    __table_args__ = (
        sa.UniqueConstraint("owner", "key"),
        # What is asked twice a second must not grow with all that was ever posted.
        sa.Index(
            "ix_outward_unsent",
            "id",
            sqlite_where=sa.text(UNSENT),
            postgresql_where=sa.text(UNSENT),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    key: Mapped[str]
    run_id: Mapped[str | None] = mapped_column(sa.ForeignKey("run.id"), index=True)
    repository_id: Mapped[int] = mapped_column(sa.ForeignKey("repository.id"))
    issue: Mapped[int]
    kind: Mapped[str]
    place: Mapped[str]
    comment: Mapped[int | None]
    text: Mapped[str]
    text_sha256: Mapped[str]
    posted_sha256: Mapped[str | None]
    posted_at: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    refused: Mapped[str | None]
    remote_id: Mapped[int | None] = mapped_column(index=True)
    url: Mapped[str | None]
    deletions: Mapped[int] = mapped_column(default=0)
    repairs: Mapped[int] = mapped_column(default=0)
    body_sha256: Mapped[str | None]


class LeaseRow(Table):
    """Who holds something until when, in seconds of the database's clock."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[float]
