"""GitHub Apps, their keys, their installations and the tokens minted for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.rehearsal.github.store.base import Row
from app.rehearsal.github.store.people import Account

if TYPE_CHECKING:
    from app.rehearsal.github.store.repositories import Repository


class App(Row, kw_only=True):
    """A registered App.

    Who it is, what it may do, which events it wants and where they are sent.
    """

    __tablename__ = "app"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    slug: Mapped[str] = mapped_column(String(collation="NOCASE"), unique=True)
    name: Mapped[str]
    description: Mapped[str | None] = mapped_column(default=None)
    external_url: Mapped[str]
    client_id: Mapped[str] = mapped_column(unique=True)
    webhook_url: Mapped[str | None] = mapped_column(default=None)
    webhook_secret: Mapped[str | None] = mapped_column(default=None)
    webhook_active: Mapped[bool]
    public: Mapped[bool] = mapped_column(default=False)
    permissions: Mapped[dict[str, str]]
    events: Mapped[list[str]]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    bot_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    owner: Mapped[Account] = relationship(foreign_keys=[owner_id])
    bot: Mapped[Account] = relationship(foreign_keys=[bot_id])
    keys: Mapped[list[AppKey]] = relationship(
        back_populates="app", cascade="all, delete-orphan", init=False, order_by="AppKey.id"
    )


class AppKey(Row, kw_only=True):
    """The public half of one of an App's private keys."""

    __tablename__ = "app_key"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_pem: Mapped[str]
    fingerprint: Mapped[str]
    created_at: Mapped[str]
    app_id: Mapped[int] = mapped_column(ForeignKey("app.id"), init=False)
    app: Mapped[App] = relationship(back_populates="keys")


class Manifest(Row, kw_only=True):
    """A manifest that a person has agreed to; its code is exchanged for the App's secrets once."""

    __tablename__ = "manifest"

    code: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[str]
    private_pem: Mapped[str]
    app_id: Mapped[int] = mapped_column(ForeignKey("app.id"), init=False)
    app: Mapped[App] = relationship()


class Installation(Row, kw_only=True):
    """An App installed on an account, for all of its repositories or for selected ones."""

    __tablename__ = "installation"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    selection: Mapped[str] = mapped_column(default="selected")
    permissions: Mapped[dict[str, str]]
    events: Mapped[list[str]]
    created_at: Mapped[str]
    app_id: Mapped[int] = mapped_column(ForeignKey("app.id"), init=False)
    app: Mapped[App] = relationship()
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), init=False)
    account: Mapped[Account] = relationship()
    repositories: Mapped[list[Repository]] = relationship(
        secondary="installed", init=False, order_by="Repository.id"
    )


class Installed(Row, kw_only=True):
    """Which repositories an installation reaches."""

    __tablename__ = "installed"

    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), primary_key=True)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repository.id"), primary_key=True)


class InstallationToken(Row, kw_only=True):
    """A minted installation token, known by its hash.

    `narrowed` when it reaches only `repository_ids`.
    """

    __tablename__ = "installation_token"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    permissions: Mapped[dict[str, str]]
    repository_ids: Mapped[list[int]]
    narrowed: Mapped[bool]
    expires_at: Mapped[str]
    installation_id: Mapped[int] = mapped_column(ForeignKey("installation.id"), init=False)
    installation: Mapped[Installation] = relationship()
