"""Settings / Developer settings / GitHub Apps.

Register one, give it a key, install it, look at its deliveries.
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import func, select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts import apps as acts
from app.rehearsal.github.api.people import find_account
from app.rehearsal.github.hooks.emit import redeliver as redeliver_act
from app.rehearsal.github.pages.gate import Moved, Page, Plain
from app.rehearsal.github.store.apps import App, Installation, Manifest
from app.rehearsal.github.store.base import moment
from app.rehearsal.github.store.hooks import Delivery
from app.rehearsal.github.store.people import Account
from app.rehearsal.github.store.repositories import Membership, Repository

if TYPE_CHECKING:
    from app.rehearsal.github.pages.gate import Result, Visit

SHOWN_DELIVERIES = 100
# docs.github.com/apps: the code of a manifest must be exchanged within an hour.
MANIFEST_LIFE = timedelta(hours=1)


def _found(visit: Visit) -> App:
    app = visit.context.session.scalar(select(App).where(App.slug == visit.names["slug"]))
    if app is None:
        raise refusals.not_found()
    return app


def _managed(visit: Visit) -> App:
    app = _found(visit)
    if not _may_manage(visit, app.owner):
        raise refusals.not_found()
    return app


def _may_manage(visit: Visit, owner: Account) -> bool:
    """An App is its owner's.

    An organization's are those of whoever administers a repository there.
    """
    account, session = visit.context.account, visit.context.session
    if owner.id == account.id:
        return True
    held = session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(Repository, Membership.repository_id == Repository.id)
        .where(
            Repository.owner_id == owner.id,
            Membership.account_id == account.id,
            Membership.role == "admin",
        )
    )
    return bool(held)


def listing(visit: Visit) -> Result:
    """The Apps that the viewer may manage."""
    rows = visit.context.session.scalars(select(App).order_by(App.id)).all()
    return Page("apps.html", {"rows": [row for row in rows if _may_manage(visit, row.owner)]})


def new_app(visit: Visit) -> Result:
    """The form of a new App; or, with a manifest, the page that asks for a confirmation."""
    if "manifest" in visit.form:
        manifest = _manifest(visit.field("manifest"))
        values = {
            "manifest": manifest,
            "text": visit.field("manifest"),
            "state": visit.query.get("state", ""),
        }
        return Page("app_manifest.html", {**values, "owner": visit.names.get("org", "")})
    values = {
        "permissions": acts.PERMISSIONS,
        "events": acts.EVENTS,
        "owner": visit.names.get("org", ""),
    }
    return Page("app_new.html", values)


def _owner(visit: Visit, login: str) -> Account:
    owner = find_account(visit.context, login) if login else visit.context.account
    if owner is None or not _may_manage(visit, owner):
        raise refusals.not_found()
    return owner


def create_app(visit: Visit) -> Result:
    """Register an App from the form."""
    permissions = {
        name: visit.field(f"permission-{name}")
        for name in acts.PERMISSIONS
        if visit.field(f"permission-{name}") in {"read", "write"}
    }
    form = acts.AppForm(
        name=visit.field("name").strip(),
        description=visit.field("description") or None,
        external_url=visit.field("url").strip(),
        webhook_url=visit.field("hook_url").strip() or None,
        webhook_secret=visit.field("hook_secret") or None,
        webhook_active=visit.field("hook_active") == "on",
        public=visit.field("public") == "any",
        permissions=permissions,
        events=tuple(event for event in acts.EVENTS if event in visit.form.get("events", [])),
    )
    acts.check_form(visit.context, form)
    app = acts.register_app(visit.context, _owner(visit, visit.field("owner")), form, None)
    return Moved(f"/settings/apps/{app.slug}")


def _manifest(text: str) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise refusals.unprocessable("The manifest is not valid JSON.") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("redirect_url"), str):
        raise refusals.unprocessable('The manifest lacks "redirect_url".')
    return manifest


def create_from_manifest(visit: Visit) -> Result:
    """Register an App from a manifest and send the person back with a code."""
    manifest = _manifest(visit.field("manifest"))
    hook = manifest.get("hook_attributes") or {}
    form = acts.AppForm(
        name=visit.field("name").strip() or str(manifest.get("name", "")),
        description=manifest.get("description"),
        external_url=str(manifest.get("url", "")),
        webhook_url=hook.get("url"),
        webhook_secret=secrets.token_hex(20) if hook.get("url") else None,
        webhook_active=bool(hook.get("url")) and bool(hook.get("active", True)),
        public=bool(manifest.get("public", False)),
        permissions={
            str(k): str(v) for k, v in (manifest.get("default_permissions") or {}).items()
        },
        events=tuple(str(event) for event in manifest.get("default_events") or []),
    )
    acts.check_form(visit.context, form)
    app = acts.register_app(visit.context, _owner(visit, visit.field("owner")), form, None)
    pem, code = acts.new_private_key(), secrets.token_hex(20)
    acts.add_key(visit.context, app, pem)
    expires = moment(visit.context.now + MANIFEST_LIFE)
    visit.context.session.add(Manifest(code=code, expires_at=expires, private_pem=pem, app=app))
    state = visit.field("state")
    query = urlencode({"code": code, **({"state": state} if state else {})})
    to = str(manifest["redirect_url"])
    return Moved(f"{to}{'&' if '?' in to else '?'}{query}")


def general(visit: Visit) -> Result:
    """An App's settings."""
    return Page("app.html", {"app": _managed(visit), "part": "general"})


def change_general(visit: Visit) -> Result:
    """Change the webhook and the homepage."""
    app = _managed(visit)
    app.external_url = visit.field("url").strip() or app.external_url
    app.webhook_active = visit.field("hook_active") == "on"
    app.webhook_url = visit.field("hook_url").strip() or None
    if visit.field("hook_secret"):
        app.webhook_secret = visit.field("hook_secret")
    app.updated_at = visit.context.time
    return Moved(f"/settings/apps/{app.slug}")


def generate_key(visit: Visit) -> Result:
    """Make a private key and hand it out, this once."""
    app = _managed(visit)
    pem = acts.new_private_key()
    acts.add_key(visit.context, app, pem)
    day = visit.context.time[:10]
    return Plain(pem.encode(), "application/x-pem-file", f"{app.slug}.{day}.private-key.pem")


def permissions(visit: Visit) -> Result:
    """What the App may do and which events it gets."""
    names, events = acts.PERMISSIONS, acts.EVENTS
    values = {"app": _managed(visit), "part": "permissions", "permissions": names, "events": events}
    return Page("app_permissions.html", values)


def change_permissions(visit: Visit) -> Result:
    """Change permissions and events.

    Installations follow at once, as if their owners had agreed.
    """
    app = _managed(visit)
    chosen = {
        name: visit.field(f"permission-{name}")
        for name in acts.PERMISSIONS
        if visit.field(f"permission-{name}") in {"read", "write"}
    }
    app.permissions = {"metadata": "read", **chosen}
    wanted = visit.form.get("events", [])
    app.events = sorted(
        event
        for event, needed in acts.EVENTS.items()
        if event in wanted and needed in app.permissions
    )
    app.updated_at = visit.context.time
    for row in visit.context.session.scalars(
        select(Installation).where(Installation.app_id == app.id)
    ):
        row.permissions, row.events = dict(app.permissions), list(app.events)
    return Moved(f"/settings/apps/{app.slug}/permissions")


def installations(visit: Visit) -> Result:
    """Install App: on which accounts it can be installed and already is."""
    app, session = _managed(visit), visit.context.session
    owners = session.scalars(
        select(Account).where(Account.kind == "Organization").order_by(Account.id)
    ).all()
    rows = session.scalars(select(Installation).where(Installation.app_id == app.id)).all()
    repositories = session.scalars(select(Repository).order_by(Repository.id)).all()
    held = {row.account_id: row for row in rows}
    values = {
        "app": app,
        "part": "install",
        "owners": owners,
        "held": held,
        "repositories": repositories,
    }
    return Page("app_install.html", values)


def install(visit: Visit) -> Result:
    """Install the App on an account, for all or for selected repositories."""
    app, session = _managed(visit), visit.context.session
    owner = find_account(visit.context, visit.field("account"))
    if owner is None:
        raise refusals.not_found()
    rows = session.scalars(select(Repository).where(Repository.owner_id == owner.id)).all()
    chosen = visit.form.get("repositories", [])
    if visit.field("selection") != "all":
        rows = [row for row in rows if str(row.id) in chosen]
    if not rows:
        raise refusals.unprocessable("Select at least one repository.")
    made = acts.install(visit.context, app, owner, rows)
    made.selection = "all" if visit.field("selection") == "all" else "selected"
    return Moved(f"/settings/apps/{app.slug}/installations")


def install_from_public(visit: Visit) -> Result:
    """The address that an App gives to whoever is to install it."""
    return Moved(f"/settings/apps/{_found(visit).slug}/installations")


def advanced(visit: Visit) -> Result:
    """Recent Deliveries."""
    app = _managed(visit)
    rows = visit.context.session.scalars(
        select(Delivery)
        .where(Delivery.app_id == app.id)
        .order_by(Delivery.id.desc())
        .limit(SHOWN_DELIVERIES)
    ).all()
    shown = [(row, json.dumps(json.loads(row.payload), indent=2)) for row in rows]
    return Page("app_advanced.html", {"app": app, "part": "advanced", "rows": shown})


def redeliver(visit: Visit) -> Result:
    """Send a delivery again."""
    app = _managed(visit)
    row = visit.context.session.get(Delivery, visit.number("delivery"))
    if row is None or row.app_id != app.id:
        raise refusals.not_found()
    redeliver_act(visit.context, row)
    return Moved(f"/settings/apps/{app.slug}/advanced")


def public_page(visit: Visit) -> Result:
    """What everybody sees of an App."""
    app = _found(visit)
    return Page("app_public.html", {"app": app, "manages": _may_manage(visit, app.owner)})
