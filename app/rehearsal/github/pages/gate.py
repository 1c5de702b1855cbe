"""The pages' way in: the viewer, the transaction, the answer.

Forms are taken from this site's own pages only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import Actor, has_role, may_see, role_of
from app.rehearsal.github.api.routes import find_repository
from app.rehearsal.github.context import Context
from app.rehearsal.github.store.people import Account
from app.rehearsal.github.store.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.orm import Session

    from app.rehearsal.github.git.bare import BareRepository
    from app.rehearsal.github.hooks.sender import Sender
    from app.rehearsal.github.pages.render import Pages
    from app.rehearsal.github.site import Site
    from app.rehearsal.github.store.database import Database

VIEWER = "viewer"
FIRST_VIEWER = "maintainer"
LARGEST_FORM = 1 << 20
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Visit:
    """A request for a page, or a form sent from one."""

    context: Context
    names: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, list[str]]
    place: Repository | None

    @property
    def repository(self) -> Repository:
        """The repository that the address names."""
        if self.place is None:
            raise refusals.not_found()
        return self.place

    @property
    def git(self) -> BareRepository:
        """The git side of that repository."""
        return self.context.git(self.repository)

    @property
    def role(self) -> str | None:
        """The viewer's role there."""
        return role_of(self.repository, self.context.account)

    def allows(self, least: str) -> bool:
        """Tell whether the viewer's role is `least` or above."""
        return has_role(self.role, least)

    def demand(self, least: str) -> None:
        """Refuse a viewer whose role is below `least`."""
        if not self.allows(least):
            raise refusals.must_have_rights(f"{self.context.account.login} may not do that here.")

    def field(self, name: str) -> str:
        """A form's field, empty when it was not sent."""
        return self.form.get(name, [""])[0]

    def number(self, name: str) -> int:
        """A number in the address."""
        text = self.names[name]
        if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - SQLite's largest integer has 19 digits
            raise refusals.not_found()
        return int(text)


@dataclass(frozen=True)
class Page:
    """A template with its values."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Moved:
    """Go to another page."""

    to: str
    cookie: str | None = None


@dataclass(frozen=True)
class Plain:
    """Bytes as they are, such as a raw file or a key to keep."""

    content: bytes
    media_type: str
    filename: str | None = None


Result = Page | Moved | Plain


class PageGate:
    """Serves pages and takes forms, each in a transaction of its own."""

    def __init__(self, database: Database, site: Site, sender: Sender, pages: Pages) -> None:
        self._database = database
        self._site = site
        self._sender = sender
        self._pages = pages

    def endpoint(
        self, handler: Callable[[Visit], Result], *, foreign: bool
    ) -> Callable[[Request], Awaitable[Response]]:
        """Make the web framework's endpoint.

        `foreign` forms may come from other sites because they change nothing.
        """

        async def serve(request: Request) -> Response:
            form: dict[str, list[str]] = {}
            if request.method == "POST":
                raw = await request.body()
                if len(raw) > LARGEST_FORM or not (foreign or _is_own(request)):
                    return Response("This form did not come from a page of this site.\n", 403)
                form = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True)
            if urlsplit(f"//{request.headers.get('host', '')}").hostname not in _LOCAL:
                return Response("The stand-in answers on this machine's own address only.\n", 421)
            made = await self._database.transact(
                lambda session: self._perform(session, request, handler, form)
            )
            self._sender.wake()
            return made

        return serve

    def _perform(
        self,
        session: Session,
        request: Request,
        handler: Callable[[Visit], Result],
        form: Mapping[str, list[str]],
    ) -> Response:
        account = self._viewer(session, request)
        context = Context(session, self._site, Actor(account=account), self._site.clock())
        names = {name: str(value) for name, value in request.path_params.items()}
        visit = Visit(context, names, dict(request.query_params.items()), form, None)
        try:
            with session.begin_nested():
                place = _place(context, names)
                visit = Visit(context, names, visit.query, form, place)
                result = handler(visit)
                return self._response(visit, result)
        except refusals.RefusedError as refused:
            values = {"status": refused.status, "message": _sentence(refused)}
            return self._response(visit, Page("error.html", values, refused.status))

    def _viewer(self, session: Session, request: Request) -> Account:
        wanted = request.cookies.get(VIEWER, FIRST_VIEWER)
        found = session.scalar(
            select(Account).where(Account.login == wanted, Account.kind == "User")
        )
        return found or session.scalars(select(Account).where(Account.login == FIRST_VIEWER)).one()

    def _response(self, visit: Visit, result: Result) -> Response:
        if isinstance(result, Moved):
            response: Response = RedirectResponse(result.to, 303)
            if result.cookie:
                response.set_cookie(VIEWER, result.cookie, httponly=True, samesite="strict")
            return response
        if isinstance(result, Plain):
            name = (
                {"Content-Disposition": f'attachment; filename="{result.filename}"'}
                if result.filename
                else {}
            )
            return Response(
                result.content, headers={**SECURITY, **name}, media_type=result.media_type
            )
        html = self._pages.render(visit, result.template, result.values)
        return HTMLResponse(html, result.status, SECURITY)


def _place(context: Context, names: Mapping[str, str]) -> Repository | None:
    if "owner" not in names or "repo" not in names:
        return None
    repository = find_repository(context.session, names["owner"], names["repo"])
    if repository is None or not may_see(context.actor, repository):
        raise refusals.not_found()
    return repository


def _is_own(request: Request) -> bool:
    """Tell whether the browser says that the form was sent from a page of this very site."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin") or request.headers.get("referer") or ""
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")


def _sentence(refused: refusals.RefusedError) -> str:
    first = refused.errors[0] if refused.errors else None
    if isinstance(first, dict):
        return str(first.get("message") or f"{first.get('field')}: {first.get('code')}")
    return str(first) if first else refused.message
