"""From an Authorization header to an actor.

Whether the actor may do what it asks for is decided elsewhere.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import Actor, Grant
from app.rehearsal.github.access.tokens import hash_token, read_app_jwt
from app.rehearsal.github.store.apps import InstallationToken
from app.rehearsal.github.store.base import moment
from app.rehearsal.github.store.people import PersonalToken

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_JWT_DOTS = 2


def authenticate(session: Session, header: str | None, now: datetime) -> Actor:
    """Say who asks. Without a header it is nobody.

    Raises:
        RefusedError: 401 when the credentials are not good.
    """
    if not header:
        return Actor()
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        return by_token(session, _basic_password(value), now)
    if scheme.lower() not in {"bearer", "token"}:
        raise refusals.bad_credentials()
    token = value.strip()
    if token.count(".") == _JWT_DOTS and not token.startswith("gh"):
        return Actor(app=read_app_jwt(session, token, now))
    return by_token(session, token, now)


def by_token(session: Session, token: str, now: datetime) -> Actor:
    """Find whom a personal or installation token belongs to.

    Raises:
        RefusedError: 401 when it is unknown, expired or revoked.
    """
    personal = session.get(PersonalToken, token)
    if personal:
        return Actor(account=personal.account)
    minted = session.get(InstallationToken, hash_token(token))
    if minted is None or minted.expires_at <= moment(now):
        raise refusals.bad_credentials()
    installation = minted.installation
    reached = frozenset(minted.repository_ids) if minted.narrowed else None
    grant = Grant(installation, minted.permissions, reached)
    return Actor(
        account=installation.app.bot, app=installation.app, grant=grant, token_sha256=minted.sha256
    )


def _basic_password(value: str) -> str:
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise refusals.bad_credentials() from error
    return password or user
