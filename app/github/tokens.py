"""Installation tokens: minted per repository and purpose, kept in memory, revoked after use.

Tokens are opaque: they have no length and no pattern that we rely on.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import AwareDatetime, BaseModel, ValidationError

from app.github.errors import NoTokenError, from_response, translated
from app.github.key import AppKey
from app.github.patience import MOST_REPEATS, Lane, Patience
from app.github.purposes import Purpose
from phases.core.errors import TransientError
from phases.core.model import Repository

# A token that ends sooner than this is not handed out any more: a call may take a while.
MARGIN = timedelta(minutes=5)
HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2026-03-10"}


@dataclass(frozen=True)
class Scope:
    """What one token is good for; without a repository: the whole installation, by name."""

    installation: int
    repository: int | None
    purpose: Purpose


@dataclass(frozen=True)
class _Token:
    secret: str = field(repr=False)
    expires_at: datetime


class _Minted(BaseModel):
    token: str
    expires_at: AwareDatetime


class InstallationTokens:
    """Mints tokens; of many callers who need the same one, one asks and the others wait."""

    def __init__(
        self,
        key: AppKey,
        api_url: str,
        http: httpx.AsyncClient,
        patience: Patience,
    ) -> None:
        self._patience = patience
        self._key = key
        self._api = api_url.rstrip("/")
        self._http = http
        self._kept: dict[Scope, _Token] = {}
        self._locks: dict[Scope, asyncio.Lock] = {}

    async def get(self, scope: Scope, *, refused: str | None = None) -> str:
        """Return a token for a scope, kept or new; `refused` is one that GitHub took no more.

        Raises:
            NoTokenError: when GitHub does not answer, however often it is asked.
            BlockedError, RefusedByGitHubError: when it will not mint.
        """
        async with self._locks.setdefault(scope, asyncio.Lock()):
            kept = self._kept.get(scope)
            fresh = kept is not None and self._key.now() < kept.expires_at - MARGIN
            if kept is not None and fresh and kept.secret != refused:
                return kept.secret
            minted = await self._mint(scope)
            self._kept[scope] = minted
            return minted.secret

    async def for_fetch(self, repository: Repository, *, refused: str | None) -> str:
        """Return a token that may read a repository's contents; `refused` is one taken no more."""
        return await self.get(scope_of(repository, Purpose.FETCH), refused=refused)

    async def for_push(self, repository: Repository) -> str:
        """Mint a token that may write a repository's contents; it is kept nowhere: revoke it."""
        return (await self._mint(scope_of(repository, Purpose.PUSH))).secret

    async def revoke(self, token: str) -> None:
        """Make a token worthless; one that is so already counts as done.

        Raises:
            TransientError: when GitHub does not answer.
        """
        lane = Lane(None, "core", writes=False)
        await self._patience.ask(lambda: self._revoked(token), lane, repeats=MOST_REPEATS)

    async def _revoked(self, token: str) -> None:
        answer = await self._send("DELETE", "/installation/token", token)
        gone = {httpx.codes.NO_CONTENT, httpx.codes.UNAUTHORIZED, httpx.codes.NOT_FOUND}
        if answer.status_code not in gone:
            raise from_response(answer)

    async def revoke_all(self) -> None:
        """Make every kept token worthless, at shutdown; one that is missed runs out by itself."""
        kept = [token.secret for token in self._kept.values()]
        self._kept.clear()
        await asyncio.gather(*(self.revoke(secret) for secret in kept), return_exceptions=True)

    async def _mint(self, scope: Scope) -> _Token:
        # One that was minted and never heard of does nothing, and runs out.
        lane = Lane(None, "core", writes=False)
        try:
            return await self._patience.ask(lambda: self._asked(scope), lane, repeats=MOST_REPEATS)
        except TransientError as error:
            raise NoTokenError(str(error), error.after_seconds, asked=error.asked) from error

    async def _asked(self, scope: Scope) -> _Token:
        body: dict[str, Any] = {"permissions": dict(scope.purpose.value)}
        if scope.repository is not None:
            body["repository_ids"] = [scope.repository]
        path = f"/app/installations/{scope.installation}/access_tokens"
        answer = await self._send("POST", path, self._key.sign(), body)
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._key.hear(said_at(answer)):
            answer = await self._send("POST", path, self._key.sign(), body)
        if answer.is_error:
            raise from_response(answer)
        try:
            minted = _Minted.model_validate(answer.json())
        except (ValueError, ValidationError) as error:
            raise TransientError("GitHub's answer to a token request is not one") from error
        return _Token(minted.token, minted.expires_at)

    async def _send(
        self, method: str, path: str, secret: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        headers = HEADERS | {"authorization": f"Bearer {secret}"}
        try:
            return await self._http.request(method, self._api + path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise translated(error) from error


def said_at(answer: httpx.Response) -> str:
    """Return when an answer was made, by the clock of who made it; empty when it does not say."""
    return str(answer.headers.get("date", ""))


def scope_of(repository: Repository, purpose: Purpose) -> Scope:
    """Return the scope of one repository."""
    return Scope(repository.installation, repository.id, purpose)
