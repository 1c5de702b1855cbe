"""The App itself.

Who it is, where it is installed, its tokens and its webhook's settings and deliveries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.apps import mint_token
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.routes import Route, only
from app.rehearsal.github.hooks.emit import redeliver
from app.rehearsal.github.store.apps import App, Installation, InstallationToken, Manifest
from app.rehearsal.github.store.base import seconds
from app.rehearsal.github.store.hooks import Delivery
from app.rehearsal.github.views import apps as views
from app.rehearsal.github.views.repositories import permissions, repository

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Call
    from app.rehearsal.github.store.repositories import Repository

_LEVELS = {"read": 1, "write": 2, "admin": 3}


def _app(call: Call) -> App:
    app = call.context.actor.app
    if app is None:
        raise refusals.not_found()
    return app


def get_app(call: Call) -> Reply:
    """GET /app."""
    return Reply(200, views.integration(call.context.site, _app(call)))


def list_installations(call: Call) -> Reply:
    """GET /app/installations."""
    rows = call.context.session.scalars(
        select(Installation).where(Installation.app_id == _app(call).id).order_by(Installation.id)
    ).all()
    return paged(call, rows, lambda row: views.installation(call.context.site, row))


def _installation(call: Call) -> Installation:
    row = call.context.session.get(Installation, call.number("installation_id"))
    if row is None or row.app_id != _app(call).id:
        raise refusals.not_found()
    return row


def get_installation(call: Call) -> Reply:
    """GET /app/installations/{installation_id}."""
    return Reply(200, views.installation(call.context.site, _installation(call)))


def get_repository_installation(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/installation."""
    rows = call.context.session.scalars(
        select(Installation).where(Installation.app_id == _app(call).id)
    )
    for row in rows:
        if call.repository in row.repositories:
            return Reply(200, views.installation(call.context.site, row))
    raise refusals.not_found()


def create_token(call: Call) -> Reply:
    """POST /app/installations/{installation_id}/access_tokens."""
    row = _installation(call)
    asked = call.body.mapping("permissions")
    for name, level in asked.items():
        if _LEVELS.get(level, 9) > _LEVELS.get(row.permissions.get(name, ""), 0):
            raise refusals.unprocessable(
                "The permissions requested are not granted to this installation."
            )
    chosen = _chosen(call, row)
    granted = {"metadata": "read", **asked} if asked else dict(row.permissions)
    token, minted, _ = mint_token(
        call.context, row, granted, None if chosen is None else [r.id for r in chosen]
    )
    shown: dict[str, Any] = {
        "token": token,
        "expires_at": seconds(minted.expires_at),
        "permissions": granted,
        "repository_selection": "selected" if chosen is not None else row.selection,
    }
    if chosen is not None:
        shown["repositories"] = [repository(call.context, found) for found in chosen]
    return Reply(201, shown)


def _chosen(call: Call, row: Installation) -> list[Repository] | None:
    names, ids = call.body.texts("repositories"), call.body.numbers("repository_ids")
    if not names and not ids:
        return None
    reached = row.repositories
    found = [
        r for r in reached if r.id in ids or r.name.lower() in {name.lower() for name in names}
    ]
    if len(found) < len({*ids}) + len({name.lower() for name in names}):
        raise refusals.unprocessable(
            "There is at least one repository that does not exist or is not accessible to the"
            " parent installation."
        )
    return found


def delete_token(call: Call) -> Reply:
    """DELETE /installation/token."""
    minted = call.context.session.get(InstallationToken, call.context.actor.token_sha256)
    if minted:
        call.context.session.delete(minted)
    return Reply(204)


def list_repositories(call: Call) -> Reply:
    """GET /installation/repositories."""
    grant = call.context.actor.grant
    if grant is None:
        raise refusals.not_accessible()
    rows = [row for row in grant.installation.repositories if grant.reaches(row)]
    return paged(
        call,
        rows,
        lambda row: {**repository(call.context, row), "permissions": permissions(None)},
        wrap=lambda shown, total: {
            "total_count": total,
            "repository_selection": grant.installation.selection,
            "repositories": shown,
        },
    )


def get_hook(call: Call) -> Reply:
    """GET /app/hook/config."""
    return Reply(200, views.hook_config(_app(call)))


def update_hook(call: Call) -> Reply:
    """PATCH /app/hook/config."""
    app, body = _app(call), call.body
    if body.has("url"):
        url = body.text("url")
        if not re.match(r"https?://\S+", url):
            raise refusals.unprocessable("Hook url is not a valid URL")
        app.webhook_url, app.webhook_active = url, True
    if body.has("secret"):
        app.webhook_secret = body.text("secret")
    app.updated_at = call.context.time
    return Reply(200, views.hook_config(app))


def list_deliveries(call: Call) -> Reply:
    """GET /app/hook/deliveries, newest first; `cursor` is the id to start below."""
    query = select(Delivery).where(Delivery.app_id == _app(call).id, Delivery.sent_at.is_not(None))
    cursor = call.query.get("cursor", "")
    if cursor.isdigit():
        query = query.where(Delivery.id < int(cursor))
    rows = call.context.session.scalars(query.order_by(Delivery.id.desc())).all()
    size = int(call.query["per_page"]) if call.query.get("per_page", "").isdigit() else 30
    size = min(max(size, 1), 100)
    headers = {}
    if len(rows) > size:
        rest = f"per_page={size}&cursor={rows[size - 1].id}"
        url = f"{call.context.site.api}/app/hook/deliveries?{rest}"
        headers["Link"] = f'<{url}>; rel="next"'
    return Reply(200, [views.delivery_item(row) for row in rows[:size]], headers)


def _delivery(call: Call) -> Delivery:
    row = call.context.session.get(Delivery, call.number("delivery_id"))
    if row is None or row.app_id != _app(call).id:
        raise refusals.not_found()
    return row


def get_delivery(call: Call) -> Reply:
    """GET /app/hook/deliveries/{delivery_id}."""
    return Reply(200, views.delivery(_delivery(call)))


def redeliver_delivery(call: Call) -> Reply:
    """POST /app/hook/deliveries/{delivery_id}/attempts."""
    redeliver(call.context, _delivery(call))
    return Reply(202, {})


def convert_manifest(call: Call) -> Reply:
    """POST /app-manifests/{code}/conversions: the App's secrets, once, within an hour."""
    session = call.context.session
    row = session.get(Manifest, call.path["code"])
    if row is None or row.expires_at <= call.context.time:
        raise refusals.not_found()
    app, pem = row.app, row.private_pem
    session.delete(row)
    shown = {
        **views.integration(call.context.site, app),
        "client_secret": "0" * 40,
        "webhook_secret": app.webhook_secret,
        "pem": pem,
    }
    return Reply(201, shown)


_APP = only("app")
ROUTES = (
    Route("GET", "/app", get_app, _APP),
    Route("GET", "/app/installations", list_installations, _APP),
    Route("GET", "/app/installations/{installation_id}", get_installation, _APP),
    Route("POST", "/app/installations/{installation_id}/access_tokens", create_token, _APP),
    Route("GET", "/repos/{owner}/{repo}/installation", get_repository_installation, _APP),
    Route("DELETE", "/installation/token", delete_token, only("installation")),
    Route("GET", "/installation/repositories", list_repositories, only("installation")),
    Route("GET", "/app/hook/config", get_hook, _APP),
    Route("PATCH", "/app/hook/config", update_hook, _APP),
    Route("GET", "/app/hook/deliveries", list_deliveries, _APP),
    Route("GET", "/app/hook/deliveries/{delivery_id}", get_delivery, _APP),
    Route("POST", "/app/hook/deliveries/{delivery_id}/attempts", redeliver_delivery, _APP),
    Route("POST", "/app-manifests/{code}/conversions", convert_manifest, only("anyone")),
)
