"""githubkit wired for a service: one pool, our tokens, bounded waits, no write resent blindly.

Left alone the library resends a POST after a 500, waits for an hour inside a call, and mints a
token per caller.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, Protocol

import httpx
from githubkit import GitHub
from githubkit.auth.base import BaseAuthStrategy
from githubkit.core import GitHubCore
from githubkit.exception import GitHubException
from githubkit.response import Response
from githubkit.versions import RestVersionSwitcher

from app.github.errors import translated
from app.github.key import AppKey
from app.github.pacing import Pacer
from app.github.patience import MOST_REPEATS, Lane, Patience
from app.github.pool import SharedPool
from app.github.purposes import Purpose
from app.github.revalidation import Answers, Revalidating
from app.github.tokens import InstallationTokens, Scope, said_at, scope_of
from phases.core.errors import TransientError
from phases.core.model import Repository

TIMEOUT = httpx.Timeout(30.0, connect=5.0)

Call = Callable[[RestVersionSwitcher], Awaitable[Response[Any, Any]]]


class Bearer(Protocol):
    """Where a request's token comes from."""

    async def token(self, *, refused: str | None) -> str:
        """Return a token; `refused` is one that was answered 401."""

    def hear(self, date: str) -> None:
        """Take note of GitHub's time, as it stands in the `Date` of a 401."""


class _Flow(httpx.Auth):
    """Sends a token, and a new one when the first is answered 401."""

    def __init__(self, bearer: Bearer) -> None:
        self._bearer = bearer

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Refuse: there is no blocking client in this room."""
        raise RuntimeError(f"{request.method} was sent without awaiting it")

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Yield the request with its token, at most twice."""
        token = await self._bearer.token(refused=None)
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._bearer.hear(said_at(answer))
            token = await self._bearer.token(refused=token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request


class _Strategy(BaseAuthStrategy):
    def __init__(self, bearer: Bearer) -> None:
        self._flow = _Flow(bearer)

    def get_auth_flow(self, github: GitHubCore[Any]) -> httpx.Auth:
        del github
        return self._flow


class _AsApp:
    def __init__(self, key: AppKey) -> None:
        self._key = key

    async def token(self, *, refused: str | None) -> str:
        del refused
        return self._key.sign()

    def hear(self, date: str) -> None:
        self._key.hear(date)


class _AsInstallation:
    def __init__(self, tokens: InstallationTokens, scope: Scope) -> None:
        self._tokens = tokens
        self._scope = scope

    async def token(self, *, refused: str | None) -> str:
        return await self._tokens.get(self._scope, refused=refused)

    def hear(self, date: str) -> None:
        """Nothing here depends on the time."""


class GitHubApi:
    """GitHub's API under one token; answers are plain JSON, as the library's models refuse some."""

    def __init__(
        self, github: GitHub[Any], installation: int | None, pacer: Pacer, patience: Patience
    ) -> None:
        # githubkit keeps only a weak reference from its namespaces to the client.
        self._github = github
        self._installation = installation
        self._pacer = pacer
        self._patience = patience

    async def read(self, call: Call) -> Any:
        """Make a call that changes nothing; a 5xx or a lost connection is asked again three times.

        Raises:
            RefusedByGitHubError: for a 4xx.
            TransientError: when GitHub does not answer, or asks for more than 20 s of patience.
            BlockedError: when GitHub does not accept our credentials.
        """
        return (await self.read_part(call))[0]

    async def read_part(self, call: Call) -> tuple[Any, str]:
        """Make a call as `read` does, and return also the cursor behind which its list goes on.

        That is GitHub's own word, from the `Link` header; empty where the list ends.
        """
        return await self._ask(call, "core", repeats=MOST_REPEATS, writes=False)

    async def write(self, call: Call) -> Any:
        """Make a call that changes something, once: whether a lost one took effect nobody knows.

        Whoever makes it again looks first.

        Raises:
            RefusedByGitHubError, TransientError, BlockedError: as `read` does.
        """
        return (await self._ask(call, "core", repeats=0, writes=True))[0]

    async def ensure(self, call: Call) -> Any:
        """Make a call that changes something and is the same when made twice; again as `read` is.

        To be the same it may also be refused the second time with words that the caller knows.

        Raises:
            RefusedByGitHubError, TransientError, BlockedError: as `read` does.
        """
        return (await self._ask(call, "core", repeats=MOST_REPEATS, writes=True))[0]

    async def graphql(self, document: str, variables: dict[str, Any], *, writes: bool) -> Any:
        """Send a GraphQL document that is the same when sent twice; return its whole answer.

        One that writes takes its turn among the writes of its installation.

        Raises:
            TransientError, BlockedError, RefusedByGitHubError: as `ensure` does.
        """
        body = {"query": document, "variables": variables}
        url = self._github.graphql._get_graphql_endpoint()  # noqa: SLF001 - knows GHES's address

        async def post(_: RestVersionSwitcher) -> Response[Any, Any]:
            return await self._github.arequest("POST", url, json=body)

        return (await self._ask(post, "graphql", repeats=MOST_REPEATS, writes=writes))[0]

    async def _ask(
        self, call: Call, resource: str, *, repeats: int, writes: bool
    ) -> tuple[Any, str]:
        async def once() -> tuple[Any, str]:
            try:
                answer = await call(self._github.rest)
            except GitHubException as error:
                raise translated(error) from error
            self._pacer.answered(self._installation, answer.headers)
            return _json(answer), _cursor(answer)

        lane = Lane(self._installation, resource, writes)
        return await self._patience.ask(once, lane, repeats=repeats)


class GitHubClients:
    """Makes and keeps the clients of one App, one per token scope, all over one pool."""

    def __init__(
        self,
        *,
        key: AppKey,
        tokens: InstallationTokens,
        api_url: str,
        pool: SharedPool,
        pacer: Pacer,
        patience: Patience,
    ) -> None:
        self._key = key
        self._tokens = tokens
        self._api_url = api_url
        self._pool = pool
        self._answers = Answers()
        self._pacer = pacer
        self._patience = patience
        self._kept: dict[Scope | None, GitHubApi] = {}

    def as_app(self) -> GitHubApi:
        """Return the API as the App itself sees it."""
        return self._client(None, _AsApp(self._key))

    def of(self, repository: Repository, purpose: Purpose) -> GitHubApi:
        """Return the API with a token for one repository and one purpose."""
        scope = scope_of(repository, purpose)
        return self._client(scope, _AsInstallation(self._tokens, scope))

    def around(self, installation: int) -> GitHubApi:
        """Return the API with a token that may see which repositories an installation has.

        Of all tokens it alone is for more than one repository: what it may read is their names.
        """
        scope = Scope(installation, None, Purpose.PEOPLE)
        return self._client(scope, _AsInstallation(self._tokens, scope))

    def _client(self, scope: Scope | None, bearer: Bearer) -> GitHubApi:
        if scope not in self._kept:
            github = GitHub(
                _Strategy(bearer),
                base_url=self._api_url,
                user_agent="phaseline",
                timeout=TIMEOUT,
                async_transport=Revalidating(self._pool, self._answers, scope),
                # The pool is the one way out; proxies of the environment would go past it.
                trust_env=False,
                http_cache=False,
                auto_retry=False,
                # What we send is checked by GitHub; the library's models lag behind it.
                rest_api_validate_body=False,
            )
            installation = scope.installation if scope else None
            self._kept[scope] = GitHubApi(github, installation, self._pacer, self._patience)
        return self._kept[scope]


def _cursor(response: Response[Any, Any]) -> str:
    # Only its cursor is read: an address from an answer is not followed.
    behind = response.raw_response.links.get("next", {}).get("url", "")
    return str(httpx.URL(behind).params.get("cursor", ""))


def _json(response: Response[Any, Any]) -> Any:
    if response.status_code == httpx.codes.NO_CONTENT or not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise TransientError("GitHub's answer is not JSON") from error
