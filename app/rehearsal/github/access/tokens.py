"""Mint and read tokens.

Installation tokens in GitHub's long form, personal tokens, and App JWTs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.store.apps import App

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# docs.github.com/apps: "expire after one hour".
INSTALLATION_TOKEN_LIFE = timedelta(hours=1)
# docs.github.com/apps: the exp of an App's JWT is at most ten minutes ahead; clocks may differ by
# a minute.
LONGEST_JWT = timedelta(minutes=10)
CLOCK_DRIFT = timedelta(seconds=60)


def hash_token(token: str) -> str:
    """Give the hash that an installation token is known by."""
    return hashlib.sha256(token.encode()).hexdigest()


def mint_installation_token(app_id: int, installation_id: int, expires: datetime) -> str:
    """Make a token of the form `ghs_<app id>_<header>.<claims>.<signature>`, some 500 characters.

    Opaque to clients.
    """
    claims = {"ins": installation_id, "exp": int(expires.timestamp()), "jti": secrets.token_hex(16)}
    parts = [_packed({"alg": "ES256", "typ": "JWT"}), _packed(claims), secrets.token_urlsafe(240)]
    return f"ghs_{app_id}_" + ".".join(parts)


def mint_personal_token() -> str:
    """Make a classic personal access token."""
    return "ghp_" + "".join(c for c in secrets.token_urlsafe(60) if c.isalnum())[:36].ljust(36, "0")


def read_app_jwt(session: Session, token: str, now: datetime) -> App:
    """Find the App that signed `token`, held to GitHub's rules for its claims.

    Raises:
        RefusedError: 401 with the sentence that GitHub has for this fault.
    """
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise _undecodable() from error
    app = _issuer(session, claims.get("iss"))
    if not any(_signed_by(token, key.public_pem) for key in app.keys):
        raise _undecodable()
    _check_times(claims, now)
    return app


def _undecodable() -> refusals.RefusedError:
    return refusals.RefusedError(401, "A JSON web token could not be decoded")


def _issuer(session: Session, issuer: object) -> App:
    if issuer is None:
        raise refusals.RefusedError(401, "Missing 'issuer' claim ('iss') in assertion")
    text = str(issuer)
    found = session.get(App, int(text)) if text.isascii() and text.isdigit() else None
    found = found or session.scalar(select(App).where(App.client_id == text))
    if found is None:
        raise refusals.RefusedError(404, "Integration not found")
    return found


def _signed_by(token: str, public_pem: str) -> bool:
    checks = {
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
        "verify_aud": False,
        "verify_iss": False,
    }
    try:
        jwt.decode(token, public_pem, algorithms=["RS256"], options=checks)  # type: ignore[arg-type]  # a plain dict of flags
    except jwt.PyJWTError:
        return False
    return True


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    expires, issued = claims.get("exp"), claims.get("iat")
    moment = now.timestamp()
    if not isinstance(expires, (int, float)) or isinstance(expires, bool) or expires <= moment:
        raise refusals.RefusedError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time"
            " at which the assertion expires",
        )
    if expires > moment + LONGEST_JWT.total_seconds() + CLOCK_DRIFT.total_seconds():
        raise refusals.RefusedError(401, "'Expiration time' claim ('exp') is too far in the future")
    if (
        not isinstance(issued, int)
        or isinstance(issued, bool)
        or issued > moment + CLOCK_DRIFT.total_seconds()
    ):
        raise refusals.RefusedError(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion"
            " was issued",
        )


def _packed(part: dict[str, Any]) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode())
        .decode()
        .rstrip("=")
    )
