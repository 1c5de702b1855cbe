"""Webhook deliveries and the log of exchanges.

Rows written in the transaction of what they report.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.rehearsal.github.store.apps import App
from app.rehearsal.github.store.base import Row


class Delivery(Row, kw_only=True):
    """One attempt to tell an App about an event; `sent_at` is None until its request was made."""

    __tablename__ = "delivery"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    guid: Mapped[str] = mapped_column(index=True)
    event: Mapped[str]
    action: Mapped[str | None]
    payload: Mapped[str]
    redelivery: Mapped[bool] = mapped_column(default=False)
    installation_id: Mapped[int | None] = mapped_column(default=None)
    repository_id: Mapped[int | None] = mapped_column(default=None)
    created_at: Mapped[str]
    sent_at: Mapped[str | None] = mapped_column(default=None, index=True)
    duration: Mapped[float] = mapped_column(default=0.0)
    status: Mapped[str] = mapped_column(default="pending")
    status_code: Mapped[int] = mapped_column(default=0)
    url: Mapped[str] = mapped_column(default="")
    request_headers: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    response_headers: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    response_body: Mapped[str | None] = mapped_column(default=None)
    app_id: Mapped[int] = mapped_column(ForeignKey("app.id"), init=False, index=True)
    app: Mapped[App] = relationship()


class Exchange(Row, kw_only=True):
    """A line of the request log; it stays here until it is known to stand in the file."""

    __tablename__ = "exchange"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[str]
