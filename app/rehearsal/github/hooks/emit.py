"""Write down what Apps are to be told, in the transaction of the thing itself.

Sending is `sender`'s.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.rehearsal.github.store.apps import Installation, Installed
from app.rehearsal.github.store.base import node_id
from app.rehearsal.github.store.hooks import Delivery
from app.rehearsal.github.views.apps import installation as installation_view
from app.rehearsal.github.views.people import organization, simple_user
from app.rehearsal.github.views.repositories import repository as repository_view

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.apps import App
    from app.rehearsal.github.store.people import Account
    from app.rehearsal.github.store.repositories import Repository


def emit(
    context: Context, repository: Repository, event: str, action: str | None, **parts: Any
) -> None:
    """Queue an event for every App that is installed on the repository and subscribed to it.

    `parts` are the members of the payload that belong to this event; the others are added here.
    """
    installations = context.session.scalars(
        select(Installation)
        .join(Installed, Installed.installation_id == Installation.id)
        .where(Installed.repository_id == repository.id)
    ).all()
    subscribed = [row for row in installations if event in row.events and row.app.webhook_active]
    if not subscribed:
        return
    common = {
        **_heading(action),
        **parts,
        **_place(context, repository),
        "sender": _sender(context),
    }
    for row in subscribed:
        payload = {**common, "installation": {"id": row.id, "node_id": node_id("MDI", row.id)}}
        _queue(
            context,
            row.app,
            event,
            action,
            payload,
            installation_id=row.id,
            repository_id=repository.id,
        )


def emit_installation(context: Context, row: Installation, action: str) -> None:
    """Tell an App that it was installed or taken away."""
    if not row.app.webhook_active:
        return
    repositories = [
        {
            "id": found.id,
            "node_id": node_id("R", found.id),
            "name": found.name,
            "full_name": found.full_name,
            "private": found.private,
        }
        for found in row.repositories
    ]
    payload = {
        "action": action,
        "installation": installation_view(context.site, row),
        "repositories": repositories,
        "requester": None,
        "sender": _sender(context),
    }
    _queue(
        context,
        row.app,
        "installation",
        action,
        payload,
        installation_id=row.id,
        repository_id=None,
    )


def emit_ping(context: Context, app: App) -> None:
    """Send the greeting that a new webhook gets."""
    if not app.webhook_active:
        return
    config = {"content_type": "json", "insecure_ssl": "0", "url": app.webhook_url or ""}
    hook = {
        "type": "App",
        "id": app.id,
        "name": "web",
        "active": True,
        "events": app.events,
        "config": config,
        "app_id": app.id,
        "deliveries_url": f"{context.site.api}/app/hook/deliveries",
        "created_at": app.created_at[:19] + "Z",
        "updated_at": app.updated_at[:19] + "Z",
    }
    payload = {
        "zen": "Half measures are as bad as nothing at all.",
        "hook_id": app.id,
        "hook": hook,
    }
    _queue(context, app, "ping", None, payload, installation_id=None, repository_id=None)


def redeliver(context: Context, old: Delivery) -> Delivery:
    """Queue a delivery once more under its own GUID."""
    row = Delivery(
        guid=old.guid,
        event=old.event,
        action=old.action,
        payload=old.payload,
        redelivery=True,
        installation_id=old.installation_id,
        repository_id=old.repository_id,
        created_at=context.time,
        app=old.app,
    )
    context.session.add(row)
    context.session.flush()
    return row


def _queue(
    context: Context,
    app: App,
    event: str,
    action: str | None,
    payload: dict[str, Any],
    *,
    installation_id: int | None,
    repository_id: int | None,
) -> None:
    context.session.add(
        Delivery(
            guid=str(uuid.uuid4()),
            event=event,
            action=action,
            payload=json.dumps(payload, separators=(",", ":")),
            installation_id=installation_id,
            repository_id=repository_id,
            created_at=context.time,
            app=app,
        )
    )
    context.session.flush()


def _heading(action: str | None) -> dict[str, Any]:
    return {"action": action} if action else {}


def _place(context: Context, repository: Repository) -> dict[str, Any]:
    shown: dict[str, Any] = {"repository": repository_view(context, repository)}
    if repository.owner.kind == "Organization":
        shown["organization"] = organization(context.site, repository.owner)
    return shown


def _sender(context: Context) -> dict[str, Any]:
    account: Account = context.account
    return simple_user(context.site, account)
