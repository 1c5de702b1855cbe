"""Repositories: who may do what in them, and the refs whose position has already been reported."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.rehearsal.github.store.base import Row
from app.rehearsal.github.store.people import Account


class Repository(Row, kw_only=True):
    """A hosted repository; its objects and refs live in a bare git repository named by its id."""

    __tablename__ = "repository"
    __table_args__ = (UniqueConstraint("owner_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str] = mapped_column(String(collation="NOCASE"))
    description: Mapped[str | None] = mapped_column(default=None)
    private: Mapped[bool]
    default_branch: Mapped[str]
    last_number: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[str]
    updated_at: Mapped[str]
    pushed_at: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    owner: Mapped[Account] = relationship(foreign_keys=[owner_id])
    # Who was let in to write last: a ref that moved without a report is theirs after a crash.
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), default=None)
    # Read once a request, however many authors of comments are asked about.
    members: Mapped[list[Membership]] = relationship(viewonly=True, init=False)

    @property
    def full_name(self) -> str:
        """The name with its owner, `owner/name`."""
        return f"{self.owner.login}/{self.name}"


class Membership(Row, kw_only=True):
    """The role of a person in a repository: admin, maintain, write, triage or read."""

    __tablename__ = "membership"

    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, init=False)
    role: Mapped[str]
    account: Mapped[Account] = relationship()


class Protection(Row, kw_only=True):
    """A protected branch: nobody but an admin's merge moves it, and pushes to it are refused."""

    __tablename__ = "protection"

    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id"), primary_key=True)
    branch: Mapped[str] = mapped_column(primary_key=True)


class ReportedRef(Row, kw_only=True):
    """Where a ref stood when it was last reported by a `push` event."""

    __tablename__ = "reported_ref"

    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    sha: Mapped[str]


class Label(Row, kw_only=True):
    """A label that issues and pull requests of a repository can carry."""

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("repository_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id"))
    name: Mapped[str] = mapped_column(String(collation="NOCASE"))
    color: Mapped[str]
    description: Mapped[str | None] = mapped_column(default=None)
    default: Mapped[bool] = mapped_column(default=False)
