"""Check runs of Apps on commits, and their annotations."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.rehearsal.github.store.apps import App
from app.rehearsal.github.store.base import Row
from app.rehearsal.github.store.repositories import Repository


class CheckSuite(Row, kw_only=True):
    """All check runs of one App on one commit."""

    __tablename__ = "check_suite"
    __table_args__ = (
        UniqueConstraint("repository_id", "app_id", "head_sha"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    head_sha: Mapped[str]
    created_at: Mapped[str]
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id"), init=False)
    repository: Mapped[Repository] = relationship()
    app_id: Mapped[int] = mapped_column(ForeignKey("app.id"), init=False)
    app: Mapped[App] = relationship()


class CheckRun(Row, kw_only=True):
    """One check run; `conclusion` is set when it is completed."""

    __tablename__ = "check_run"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default="queued")
    conclusion: Mapped[str | None] = mapped_column(default=None)
    external_id: Mapped[str] = mapped_column(default="")
    details_url: Mapped[str | None] = mapped_column(default=None)
    title: Mapped[str | None] = mapped_column(default=None)
    summary: Mapped[str | None] = mapped_column(default=None)
    text: Mapped[str | None] = mapped_column(default=None)
    started_at: Mapped[str | None] = mapped_column(default=None)
    completed_at: Mapped[str | None] = mapped_column(default=None)
    suite_id: Mapped[int] = mapped_column(ForeignKey("check_suite.id"), init=False, index=True)
    suite: Mapped[CheckSuite] = relationship()
    annotations: Mapped[list[Annotation]] = relationship(init=False, order_by="Annotation.id")


class Annotation(Row, kw_only=True):
    """A remark of a check run on lines of a file."""

    __tablename__ = "annotation"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    path: Mapped[str]
    start_line: Mapped[int]
    end_line: Mapped[int]
    start_column: Mapped[int | None]
    end_column: Mapped[int | None]
    annotation_level: Mapped[str]
    message: Mapped[str]
    title: Mapped[str | None]
    raw_details: Mapped[str | None]
    run_id: Mapped[int] = mapped_column(ForeignKey("check_run.id"), init=False, index=True)
