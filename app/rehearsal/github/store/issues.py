"""Issues and what is said and done on them.

A pull request is an issue with a row beside it (pulls).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.rehearsal.github.store.apps import App
from app.rehearsal.github.store.base import Row
from app.rehearsal.github.store.people import Account
from app.rehearsal.github.store.repositories import Label, Repository

if TYPE_CHECKING:
    from app.rehearsal.github.store.pulls import Pull


class Issue(Row, kw_only=True):
    """An issue, or the conversation of a pull request."""

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("repository_id", "number"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    number: Mapped[int]
    title: Mapped[str]
    body: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="open")
    state_reason: Mapped[str | None] = mapped_column(default=None)
    locked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[str]
    updated_at: Mapped[str]
    closed_at: Mapped[str | None] = mapped_column(default=None)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id"), init=False, index=True)
    repository: Mapped[Repository] = relationship()
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    author: Mapped[Account] = relationship(foreign_keys=[author_id])
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), init=False)
    closed_by: Mapped[Account | None] = relationship(foreign_keys=[closed_by_id], default=None)
    app_id: Mapped[int | None] = mapped_column(ForeignKey("app.id"), init=False)
    app: Mapped[App | None] = relationship()
    labels: Mapped[list[Label]] = relationship(
        secondary="labelling", init=False, order_by="Labelling.id"
    )
    assignees: Mapped[list[Account]] = relationship(secondary="assignment", init=False)
    pull: Mapped[Pull | None] = relationship(back_populates="issue", init=False)


class Labelling(Row, kw_only=True):
    """A label on an issue, in the order in which they were put on."""

    __tablename__ = "labelling"
    __table_args__ = (UniqueConstraint("issue_id", "label_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"))
    label_id: Mapped[int] = mapped_column(ForeignKey("label.id"))


class Assignment(Row, kw_only=True):
    """An assignee of an issue."""

    __tablename__ = "assignment"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)


class Comment(Row, kw_only=True):
    """A comment on an issue or in the conversation of a pull request."""

    __tablename__ = "comment"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    body: Mapped[str]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), init=False, index=True)
    issue: Mapped[Issue] = relationship()
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    author: Mapped[Account] = relationship()
    app_id: Mapped[int | None] = mapped_column(ForeignKey("app.id"), init=False)
    app: Mapped[App | None] = relationship()
    # Those of all comments of a list are read at once.
    reactions: Mapped[list[Reaction]] = relationship(
        primaryjoin="and_(foreign(Reaction.subject_id) == Comment.id,"
        " Reaction.subject == 'comment')",
        viewonly=True,
        init=False,
        lazy="selectin",
    )


class LastEdit(Row, kw_only=True):
    """Who changed the text of a comment last, and when."""

    __tablename__ = "last_edit"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    editor_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[str]


class Reaction(Row, kw_only=True):
    """A reaction; `subject` is `issue`, `comment` or `review_comment`.

    `subject_id` the id of its row.
    """

    __tablename__ = "reaction"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id", "account_id", "content"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    subject: Mapped[str]
    subject_id: Mapped[int]
    content: Mapped[str]
    created_at: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    account: Mapped[Account] = relationship()


class IssueEvent(Row, kw_only=True):
    """Something done to an issue: labeled, closed, renamed and so on.

    `data` holds what GitHub shows beside it.
    """

    __tablename__ = "issue_event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    event: Mapped[str]
    data: Mapped[dict[str, Any]]
    commit_id: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[str]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), init=False, index=True)
    issue: Mapped[Issue] = relationship()
    actor_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    actor: Mapped[Account] = relationship()
    app_id: Mapped[int | None] = mapped_column(ForeignKey("app.id"), init=False)
    app: Mapped[App | None] = relationship()
