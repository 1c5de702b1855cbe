"""GitHub Apps, installations and webhook deliveries as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.rehearsal.github.store.base import node_id, seconds
from app.rehearsal.github.views.people import simple_user

if TYPE_CHECKING:
    from app.rehearsal.github.site import Site
    from app.rehearsal.github.store.apps import App, Installation
    from app.rehearsal.github.store.hooks import Delivery


def integration(site: Site, app: App) -> dict[str, Any]:
    """An App as `GET /app` shows it."""
    return {
        "id": app.id,
        "client_id": app.client_id,
        "slug": app.slug,
        "node_id": node_id("A", app.id),
        "owner": simple_user(site, app.owner),
        "name": app.name,
        "description": app.description,
        "external_url": app.external_url,
        "html_url": f"{site.url}/apps/{app.slug}",
        "created_at": seconds(app.created_at),
        "updated_at": seconds(app.updated_at),
        "permissions": app.permissions,
        "events": app.events,
    }


def through(site: Site, app: App | None) -> dict[str, Any] | None:
    """The App through which something was done, if any."""
    return integration(site, app) if app else None


def installation(site: Site, row: Installation) -> dict[str, Any]:
    """An installation of an App."""
    return {
        "id": row.id,
        "client_id": row.app.client_id,
        "account": simple_user(site, row.account),
        "repository_selection": row.selection,
        "access_tokens_url": f"{site.api}/app/installations/{row.id}/access_tokens",
        "repositories_url": f"{site.api}/installation/repositories",
        "html_url": f"{site.url}/organizations/{row.account.login}/settings/installations/{row.id}",
        "app_id": row.app.id,
        "app_slug": row.app.slug,
        "target_id": row.account.id,
        "target_type": row.account.kind,
        "permissions": row.permissions,
        "events": row.events,
        "created_at": seconds(row.created_at),
        "updated_at": seconds(row.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }


def hook_config(app: App) -> dict[str, Any]:
    """An App's webhook settings, the secret hidden."""
    secret = {"secret": "********"} if app.webhook_secret else {}
    return {"content_type": "json", "insecure_ssl": "0", **secret, "url": app.webhook_url or ""}


def delivery_item(row: Delivery) -> dict[str, Any]:
    """A delivery in the list of deliveries."""
    return {
        "id": row.id,
        "guid": row.guid,
        "delivered_at": seconds(row.sent_at or row.created_at),
        "redelivery": row.redelivery,
        "duration": round(row.duration, 2),
        "status": row.status,
        "status_code": row.status_code,
        "event": row.event,
        "action": row.action,
        "installation_id": row.installation_id,
        "repository_id": row.repository_id,
        "throttled_at": None,
    }


def delivery(row: Delivery) -> dict[str, Any]:
    """A delivery with its request and response."""
    return {
        **delivery_item(row),
        "url": row.url,
        "request": {"headers": row.request_headers, "payload": json.loads(row.payload)},
        "response": {"headers": row.response_headers, "payload": row.response_body},
    }
