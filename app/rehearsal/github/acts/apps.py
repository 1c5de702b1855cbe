"""Register Apps, give them keys, install them, and mint their tokens."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.access.tokens import (
    INSTALLATION_TOKEN_LIFE,
    hash_token,
    mint_installation_token,
)
from app.rehearsal.github.hooks.emit import emit_installation, emit_ping
from app.rehearsal.github.store.apps import App, AppKey, Installation, InstallationToken
from app.rehearsal.github.store.base import moment
from app.rehearsal.github.store.people import Account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.repositories import Repository

# The permissions a repository App can ask for here, with the names of GitHub's settings page.
PERMISSIONS = {
    "actions": "Actions",
    "administration": "Administration",
    "checks": "Checks",
    "contents": "Contents",
    "issues": "Issues",
    "metadata": "Metadata",
    "pull_requests": "Pull requests",
    "statuses": "Commit statuses",
    "workflows": "Workflows",
}
# Event -> the permission that a subscription to it needs.
EVENTS = {
    "check_run": "checks",
    "check_suite": "checks",
    "create": "contents",
    "delete": "contents",
    "issue_comment": "issues",
    "issues": "issues",
    "label": "issues",
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "push": "contents",
    "repository": "metadata",
}
LONGEST_NAME = 34


@dataclass(frozen=True)
class AppForm:
    """What somebody who registers an App fills in."""

    name: str
    description: str | None
    external_url: str
    webhook_url: str | None
    webhook_secret: str | None
    webhook_active: bool
    public: bool
    permissions: dict[str, str]
    events: tuple[str, ...]


def slug_of(name: str) -> str:
    """Make the name that stands in an App's addresses and before `[bot]`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def check_form(context: Context, form: AppForm) -> None:
    """Hold a registration against GitHub's rules.

    Raises:
        RefusedError: 422 with what is wrong.
    """
    if not slug_of(form.name):
        raise refusals.custom("Integration", "Name can't be blank", "name")
    if len(form.name) > LONGEST_NAME:
        raise refusals.custom(
            "Integration", f"Name is too long (maximum is {LONGEST_NAME} characters)", "name"
        )
    if context.session.scalar(select(App).where(App.slug == slug_of(form.name))):
        raise refusals.custom("Integration", "Name has already been taken", "name")
    if not re.match(r"https?://\S+", form.external_url):
        raise refusals.custom("Integration", "Url must be a valid URL", "url")
    if form.webhook_active and not re.match(r"https?://\S+", form.webhook_url or ""):
        raise refusals.custom("Integration", "Hook url cannot be blank", "hook_attributes")
    for name, level in form.permissions.items():
        if name not in PERMISSIONS or level not in {"read", "write", "admin"}:
            raise refusals.custom(
                "Integration", f"Default permission records resource is not included: {name}"
            )
    for event in form.events:
        if form.permissions.get(EVENTS.get(event, "")) is None:
            raise refusals.custom(
                "Integration",
                f"Default events are not supported by permissions: {event}",
                "default_events",
            )


def register_app(context: Context, owner: Account, form: AppForm, app_id: int | None) -> App:
    """Register an App with its bot; it has no key yet."""
    slug = slug_of(form.name)
    bot = Account(login=f"{slug}[bot]", kind="Bot", name=form.name, created_at=context.time)
    app = App(
        slug=slug,
        name=form.name,
        description=form.description,
        external_url=form.external_url,
        client_id="Iv23" + secrets.token_hex(8),
        webhook_url=form.webhook_url,
        webhook_secret=form.webhook_secret,
        webhook_active=form.webhook_active,
        public=form.public,
        permissions={"metadata": "read", **form.permissions},
        events=sorted(form.events),
        created_at=context.time,
        updated_at=context.time,
        owner=owner,
        bot=bot,
    )
    if app_id is not None:
        app.id = app_id
    context.session.add(app)
    context.session.flush()
    emit_ping(context, app)
    return app


def new_private_key() -> str:
    """Make a private key as the PEM file that GitHub hands out once."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def add_key(context: Context, app: App, private_pem: str) -> AppKey:
    """Know a private key's public half; a key that is known already stays one."""
    private = serialization.load_pem_private_key(private_pem.encode(), password=None)
    public = private.public_key()
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()
    known = {key.fingerprint: key for key in app.keys}
    if fingerprint in known:
        return known[fingerprint]
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
    row = AppKey(public_pem=pem, fingerprint=fingerprint, created_at=context.time, app=app)
    context.session.add(row)
    context.session.flush()
    return row


def install(
    context: Context, app: App, account: Account, repositories: Sequence[Repository]
) -> Installation:
    """Install an App on an account's repositories.

    Or add repositories to its installation there.
    """
    row = context.session.scalar(
        select(Installation).where(
            Installation.app_id == app.id, Installation.account_id == account.id
        )
    )
    if row is None:
        row = Installation(
            permissions=dict(app.permissions),
            events=list(app.events),
            created_at=context.time,
            app=app,
            account=account,
        )
        context.session.add(row)
        row.repositories.extend(repositories)
        context.session.flush()
        emit_installation(context, row, "created")
        return row
    row.repositories.extend(found for found in repositories if found not in row.repositories)
    context.session.flush()
    return row


def mint_token(
    context: Context,
    row: Installation,
    permissions: dict[str, str],
    repository_ids: Sequence[int] | None,
) -> tuple[str, InstallationToken, datetime]:
    """Mint a token for an installation; gives the token itself, its row and when it ends."""
    expires = context.now + INSTALLATION_TOKEN_LIFE
    token = mint_installation_token(row.app.id, row.id, expires)
    minted = InstallationToken(
        sha256=hash_token(token),
        permissions=permissions,
        repository_ids=list(repository_ids or []),
        narrowed=repository_ids is not None,
        expires_at=moment(expires),
        installation=row,
    )
    context.session.add(minted)
    return token, minted, expires
