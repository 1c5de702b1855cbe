"""The REST API's way in.

From an HTTP request to a handler and back, with GitHub's headers, logged. It knows no operation.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import Request, Response
from starlette.datastructures import QueryParams

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import Actor
from app.rehearsal.github.access.authenticate import authenticate
from app.rehearsal.github.api.call import Body, Call, Reply
from app.rehearsal.github.api.people import RATE_LIMIT
from app.rehearsal.github.api.routes import admit
from app.rehearsal.github.context import Context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.orm import Session

    from app.rehearsal.github.api.routes import Route
    from app.rehearsal.github.hooks.sender import Sender
    from app.rehearsal.github.journal import Journal
    from app.rehearsal.github.site import Site
    from app.rehearsal.github.store.database import Database

VERSIONS = ("2022-11-28", "2026-03-10")
# A tree or blob of 40 MB is the largest that GitHub's API takes.
LARGEST_BODY = 40 * 1024 * 1024
_NO_AGENT = (
    "\r\nRequest forbidden by administrative rules. Please make sure your request has a"
    " User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required).\r\n"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Incoming:
    """A request taken out of the web framework, so that the store's thread can serve it."""

    method: str
    path: str
    names: dict[str, str]
    query: str
    authorization: str | None
    version: str
    raw: bytes


@dataclass(frozen=True)
class Outgoing:
    """What goes back: the reply, and who was answered."""

    reply: Reply
    actor: Actor


class Gateway:
    """Serves API requests one after another, each in a transaction of its own."""

    def __init__(self, database: Database, site: Site, journal: Journal, sender: Sender) -> None:
        self._database = database
        self._site = site
        self._journal = journal
        self._sender = sender
        self._used: dict[str, int] = {}

    def endpoint(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        """Make the web framework's endpoint of a route."""

        async def serve(request: Request) -> Response:
            return await self.respond(
                request,
                route.handler,
                lambda session, actor, names: admit(session, actor, route.needs, names),
            )

        return serve

    async def respond(
        self,
        request: Request,
        handler: Callable[[Call], Reply],
        admission: Callable[[Session, Actor, dict[str, str]], Any],
    ) -> Response:
        """Serve one request through `handler` after `admission` has let it in."""
        if not request.headers.get("user-agent"):
            return Response(_NO_AGENT, 403, media_type="text/html")
        raw = await _read(request)
        incoming = _incoming(request, raw or b"")
        if raw is None:
            handler = _too_large
        try:
            out = await self._database.transact(
                lambda session: self._perform(session, incoming, handler, admission)
            )
        except Exception:  # noqa: BLE001 - whatever went wrong is answered and logged as GitHub's 500
            _log.exception("the stand-in failed at %s %s", incoming.method, incoming.path)
            out = await self._database.transact(lambda session: self._failed(session, incoming))
        if incoming.method != "GET":
            self._sender.wake()
        return self._response(request, incoming, out)

    def _perform(
        self,
        session: Session,
        incoming: Incoming,
        handler: Callable[[Call], Reply],
        admission: Callable[[Session, Actor, dict[str, str]], Any],
    ) -> Outgoing:
        now, actor = self._site.clock(), Actor()
        try:
            actor = authenticate(session, incoming.authorization, now)
            with session.begin_nested():
                _check_version(incoming.version)
                place = admission(session, actor, incoming.names)
                context = Context(session, self._site, actor, now)
                query = dict(QueryParams(incoming.query).items())
                reply = handler(
                    Call(context, incoming.names, query, Body.parse(incoming.raw), place)
                )
        except refusals.RefusedError as refused:
            reply = Reply(refused.status, refused.body())
        self._journal.note(session, self._entry(incoming, actor, reply))
        return Outgoing(reply, actor)

    def _failed(self, session: Session, incoming: Incoming) -> Outgoing:
        reply = Reply(500, refusals.RefusedError(500, "Server Error").body())
        self._journal.note(session, self._entry(incoming, Actor(), reply))
        return Outgoing(reply, Actor())

    def _entry(self, incoming: Incoming, actor: Actor, reply: Reply) -> dict[str, Any]:
        return {
            "time": self._site.clock().isoformat(timespec="milliseconds"),
            "actor": {"kind": actor.kind, "name": actor.name},
            "method": incoming.method,
            "path": incoming.path,
            "query": incoming.query,
            "status": reply.status,
            "request": _readable(incoming.raw),
            "response": reply.value,
        }

    def _response(self, request: Request, incoming: Incoming, out: Outgoing) -> Response:
        reply = out.reply
        body = (
            b"" if reply.value is None else json.dumps(reply.value, separators=(",", ":")).encode()
        )
        headers = {
            **self._common(incoming, out.actor),
            **reply.headers,
            **_links(self._site, incoming, reply),
        }
        if incoming.method == "GET" and reply.status == 200:  # noqa: PLR2004 - OK
            etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
            headers["ETag"] = etag
            if etag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers=headers)
        media = "application/json; charset=utf-8"
        return Response(
            body, reply.status, headers, media_type=media if reply.value is not None else None
        )

    def _common(self, incoming: Incoming, actor: Actor) -> dict[str, str]:
        used = self._used[actor.name] = self._used.get(actor.name, 0) + 1
        now = int(self._site.clock().timestamp())
        return {
            "Server": "github.com",
            "Cache-Control": "private, max-age=60, s-maxage=60",
            "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": incoming.version,
            "X-GitHub-Request-Id": uuid.uuid4().hex[:20].upper(),
            "X-RateLimit-Limit": str(RATE_LIMIT),
            "X-RateLimit-Remaining": str(max(0, RATE_LIMIT - used % RATE_LIMIT)),
            "X-RateLimit-Used": str(used % RATE_LIMIT),
            "X-RateLimit-Reset": str(now - now % 3600 + 3600),
            "X-RateLimit-Resource": "core",
        }


def _check_version(version: str) -> None:
    if version not in VERSIONS:
        raise refusals.RefusedError(400, f'"{version}" is not a supported API version.')


async def _read(request: Request) -> bytes | None:
    """Read a body up to the limit; None when it is larger."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > LARGEST_BODY:
            return None
    return bytes(found)


def _too_large(_call: Call) -> Reply:
    raise refusals.RefusedError(413, "Payload too large")


def _incoming(request: Request, raw: bytes) -> Incoming:
    return Incoming(
        request.method,
        request.url.path,
        dict(request.path_params),
        request.url.query,
        request.headers.get("authorization"),
        request.headers.get("x-github-api-version", VERSIONS[0]),
        raw,
    )


def _readable(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw[:1000].decode("utf-8", "replace")


def _links(site: Site, incoming: Incoming, reply: Reply) -> dict[str, str]:
    if reply.pages is None or reply.pages[1] <= 1:
        return {}
    page, last = reply.pages
    chosen = {"first": 1, "prev": page - 1} if page > 1 else {}
    chosen |= {"next": page + 1, "last": last} if page < last else {}
    query = dict(QueryParams(incoming.query).items())
    links = [
        f'<{site.url}{incoming.path}?{urlencode({**query, "page": n})}>; rel="{rel}"'
        for rel, n in chosen.items()
    ]
    return {"Link": ", ".join(links)}
