"""Stands before everything and strikes the calls of Apps: the API, GraphQL, tokens and git alike.

People are left alone, so that somebody can set the scene. Each fault has a line of its own in the
log: `fault` is its kind, `status` what the caller was answered, null for nothing at all. Where the
call had its effect all the same, its exchange stands there too, as it would have been answered.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import Actor
from app.rehearsal.github.access.authenticate import authenticate
from app.rehearsal.github.faults.plan import FaultKind, FaultPlan
from app.rehearsal.github.faults.wire import drop

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.rehearsal.github.journal import Journal
    from app.rehearsal.github.site import Site
    from app.rehearsal.github.store.database import Database

RETRY_AFTER_SECONDS = 1
# docs.github.com, "Troubleshooting the REST API" and "Rate limits for the REST API".
LIMIT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If"
    " you reach out to GitHub Support for help, please include the request ID."
)
LIMIT_DOCS = (
    "https://docs.github.com/free-pro-team@latest/rest/overview/"
    "rate-limits-for-the-rest-api#about-secondary-rate-limits"
)
_STATUS = {
    FaultKind.ERROR_500: 500,
    FaultKind.ERROR_502: 502,
    FaultKind.ERROR_502_AFTER: 502,
    FaultKind.SECONDARY_LIMIT: 403,
}
_API = ("/api/v3/", "/api/graphql")
_JWT_DOTS = 2


class FaultGate:
    """The outermost part of the application."""

    def __init__(
        self, app: ASGIApp, *, plan: FaultPlan, database: Database, site: Site, journal: Journal
    ) -> None:
        self._app = app
        self._plan = plan
        self._database = database
        self._site = site
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or strike it."""
        fault = self._fault(scope)
        if fault is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if fault.after:
            await self._app(scope, receive, _unheard)
        else:
            await request.body()
        await self._note(request, fault)
        if fault.drops:
            await drop(scope, receive, send)
        else:
            await _answer(request, fault)(scope, receive, send)

    def _fault(self, scope: Scope) -> FaultKind | None:
        if scope["type"] != "http":
            return None
        request = Request(scope)
        if not _asked_by_an_app(request.headers.get("authorization", "")):
            return None
        return self._plan.strike(request.method, request.url.path)

    async def _note(self, request: Request, fault: FaultKind) -> None:
        header = request.headers.get("authorization")

        def work(session: Session) -> None:
            actor = Actor()
            with contextlib.suppress(refusals.RefusedError):
                actor = authenticate(session, header, self._site.clock())
            entry: dict[str, Any] = {
                "time": self._site.clock().isoformat(timespec="milliseconds"),
                "actor": {"kind": actor.kind, "name": actor.name},
                "method": request.method,
                "path": request.url.path,
                "query": request.url.query,
                "status": _STATUS.get(fault),
                "fault": fault.value,
            }
            self._journal.note(session, entry)

        await self._database.transact(work)


def _asked_by_an_app(authorization: str) -> bool:
    """Tell whether credentials are an App's JWT or an installation's token."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            value = base64.b64decode(value, validate=True).decode().partition(":")[2]
    token = value.strip()
    is_jwt = token.count(".") == _JWT_DOTS and not token.startswith("gh")
    return token.startswith("ghs_") or is_jwt


async def _unheard(message: Message) -> None:
    """Take an answer that never arrives."""
    del message


def _answer(request: Request, fault: FaultKind) -> Response:
    status = _STATUS[fault]
    limited = fault is FaultKind.SECONDARY_LIMIT
    headers = {"Server": "github.com"}
    if limited:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if not request.url.path.startswith(_API):
        # Of a plain text, git shows its user each line behind `remote:`.
        return PlainTextResponse(f"{LIMIT if limited else 'Server Error'}\n", status, headers)
    if limited:
        body = refusals.RefusedError(status, LIMIT, documentation=LIMIT_DOCS).body()
        return JSONResponse(body, status, headers)
    page = "<html><head><title>Unicorn!</title></head><body>We had issues.</body></html>\n"
    return Response(page, status, headers, media_type="text/html")
