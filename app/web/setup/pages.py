"""The set-up's pages: the form, the way to GitHub, the way back. What they decide is not here."""

import base64
import hashlib
import re
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.web.body import BodyLimits, read_body, refuse_announced
from app.web.doors import Doors
from app.web.refusal import RefusedRequestError
from app.web.setup.assistant import Assistant
from app.web.setup.office import SetupError
from app.web.setup.wish import WishError, is_on_this_machine, read_wish

HERE = Path(__file__).parent
STYLES = (HERE.parent / "static" / "style.css", HERE / "static" / "setup.css")
LARGEST_FORM = 16 * 1024
CREATED, SEND = "/created", "/send"
UNKNOWN, CONFLICT, UNUSABLE = 403, 409, 422
_HOST = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


class SetupPages:
    """What the browser is shown on the way to an App."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._office = assistant.office
        self._local = is_on_this_machine(self._office.github_url)
        self._limits = BodyLimits(most_bytes=LARGEST_FORM)
        self._style = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._headers = {
            "content-security-policy": self._policy(),
            "cache-control": "no-store",
        }

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        routes: tuple[tuple[str, Answer, str], ...] = (
            ("/", self.ask, "GET"),
            (SEND, self.send, "POST"),
            (CREATED, self.created, "GET"),
            ("/done", self.done, "GET"),
        )
        for path, answer, method in routes:
            router.add_route(path, answer, methods=[method], include_in_schema=False)
        return router

    async def ask(self, request: Request) -> Response:
        """Answer the form, to whoever has the address that the terminal shows."""
        if not self._assistant.knows(request.query_params.get("key", "")):
            return self._stranger()
        values = {"address": "", "name": "Phaseline", "organization": ""}
        return self._form(values, {}, 200)

    async def send(self, request: Request) -> Response:
        """Take the form, and answer the page that leads to GitHub."""
        try:
            fields = await self._fields(request)
        except RefusedRequestError as refusal:
            return self._trouble(str(refusal), "Go back and send the form again.", refusal.status)
        if not self._assistant.knows(fields.get("key", "")):
            return self._stranger()
        try:
            wish = read_wish(fields, github_is_local=self._local)
            form = self._assistant.send(wish, self._redirect_url(request))
        except WishError as error:
            return self._form(fields, error.faults, UNUSABLE)
        except SetupError as error:
            return self._trouble(str(error), error.advice, CONFLICT)
        return self._page("send.html", form=form, wish=wish, application=self._office.application)

    async def created(self, request: Request) -> Response:
        """Take the person back from GitHub, with the code that it gave them."""
        query = request.query_params
        try:
            await self._assistant.take(query.get("code", ""), query.get("state", ""))
        except SetupError as error:
            return self._trouble(str(error), error.advice, CONFLICT)
        # The code leaves the address bar.
        return RedirectResponse("/done", 303, headers=self._headers)

    async def done(self, _: Request) -> Response:
        """Answer what was made and what comes next; after that nobody is needed here."""
        kept = self._assistant.kept
        if kept is None:
            return self._stranger()
        page = self._page("done.html", kept=kept)
        page.background = BackgroundTask(self._assistant.finished.set)
        return page

    def _redirect_url(self, request: Request) -> str:
        # Under the name by which the browser came, also through a tunnel with another port.
        host = request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            raise SetupError(
                "The browser names no host that this page has.",
                "Open the address that the terminal shows.",
            )
        return f"http://{host}{CREATED}"

    async def _fields(self, request: Request) -> dict[str, str]:
        refuse_announced(request, self._limits)
        body = await read_body(request, self._limits)
        try:
            parsed = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
        except ValueError as error:
            raise RefusedRequestError(400, "This is not what the form sends.") from error
        return {name: values[0] for name, values in parsed.items()}

    def _form(self, values: Mapping[str, str], faults: Mapping[str, str], status: int) -> Response:
        shown = {name: values.get(name, "") for name in ("address", "name", "organization")}
        return self._page(
            "ask.html",
            status,
            values=shown,
            faults=faults,
            has_claude_key=self._office.has_claude_key,
            local=self._local,
        )

    def _stranger(self) -> Response:
        return self._trouble(
            "This page opens only at the address that the terminal shows.",
            "Copy the whole address, with the key at its end.",
            UNKNOWN,
        )

    def _trouble(self, reason: str, advice: str, status: int) -> Response:
        return self._page("trouble.html", status, reason=reason, advice=advice)

    def _page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        html = self._templates.get_template(template).render(
            style=self._style,
            key=self._assistant.key if template == "ask.html" else "",
            github_url=self._office.github_url,
            **values,
        )
        return HTMLResponse(html, status, self._headers)

    def _policy(self) -> str:
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        site = urlsplit(self._office.github_url)
        return (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {site.scheme}://{site.netloc}"
        )


def setup_application(assistant: Assistant, hosts: frozenset[str]) -> FastAPI:
    """Return the pages as an application that answers this machine alone."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    application.include_router(SetupPages(assistant).router())
    application.add_middleware(Doors, public=frozenset(), hosts=hosts)
    return application
