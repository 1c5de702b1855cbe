"""Pull requests, their reviews and the comments on their lines."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.rehearsal.github.store.base import Row
from app.rehearsal.github.store.issues import Issue
from app.rehearsal.github.store.people import Account


class Pull(Row, kw_only=True):
    """What a pull request has beyond an issue.

    Two branches of one repository, and whether it is a draft.
    """

    __tablename__ = "pull"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    head_ref: Mapped[str]
    head_sha: Mapped[str]
    base_ref: Mapped[str]
    base_sha: Mapped[str]
    draft: Mapped[bool]
    merged_at: Mapped[str | None] = mapped_column(default=None)
    merge_commit_sha: Mapped[str | None] = mapped_column(default=None)
    maintainer_can_modify: Mapped[bool] = mapped_column(default=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), init=False, unique=True)
    issue: Mapped[Issue] = relationship(back_populates="pull")
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), init=False)
    merged_by: Mapped[Account | None] = relationship(default=None)
    requested_reviewers: Mapped[list[Account]] = relationship(
        secondary="review_request", init=False
    )


class ReviewRequest(Row, kw_only=True):
    """A person who is asked to review a pull request."""

    __tablename__ = "review_request"

    pull_id: Mapped[int] = mapped_column(ForeignKey("pull.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)


class Review(Row, kw_only=True):
    """A review: PENDING until submitted, then COMMENTED, APPROVED.

    CHANGES_REQUESTED or DISMISSED.
    """

    __tablename__ = "review"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    body: Mapped[str]
    state: Mapped[str]
    commit_id: Mapped[str]
    created_at: Mapped[str]
    submitted_at: Mapped[str | None] = mapped_column(default=None)
    pull_id: Mapped[int] = mapped_column(ForeignKey("pull.id"), init=False, index=True)
    pull: Mapped[Pull] = relationship()
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    author: Mapped[Account] = relationship()


class ReviewComment(Row, kw_only=True):
    """A comment on a line of a pull request's diff, or a reply to one."""

    __tablename__ = "review_comment"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    body: Mapped[str]
    path: Mapped[str]
    line: Mapped[int | None]
    side: Mapped[str] = mapped_column(default="RIGHT")
    start_line: Mapped[int | None] = mapped_column(default=None)
    subject_type: Mapped[str] = mapped_column(default="line")
    diff_hunk: Mapped[str]
    commit_id: Mapped[str]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    in_reply_to_id: Mapped[int | None] = mapped_column(
        ForeignKey("review_comment.id"), default=None
    )
    pull_id: Mapped[int] = mapped_column(ForeignKey("pull.id"), init=False, index=True)
    pull: Mapped[Pull] = relationship()
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), init=False)
    review: Mapped[Review] = relationship()
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    author: Mapped[Account] = relationship()
