"""Accounts (people, organizations, bots) and the tokens that people sign in with."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.rehearsal.github.store.base import Row


class Account(Row, kw_only=True):
    """Whoever can own or do something: a `User`, an `Organization` or an App's `Bot`."""

    __tablename__ = "account"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    login: Mapped[str] = mapped_column(String(collation="NOCASE"), unique=True)
    kind: Mapped[str]
    name: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[str]


class PersonalToken(Row, kw_only=True):
    """A person's access token, kept readable: it opens nothing but this stand-in."""

    __tablename__ = "personal_token"

    token: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    account: Mapped[Account] = relationship()
