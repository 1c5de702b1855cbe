"""The web application: every way in, over one database.

It is assembled here and decides nothing itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response

from app.rehearsal.github import refusals
from app.rehearsal.github.api import (
    apps,
    checks,
    comments,
    contents,
    issues,
    labels,
    objects,
    people,
    pulls,
    refs,
    reviews,
)
from app.rehearsal.github.api import repositories as repository_routes
from app.rehearsal.github.api.gateway import Gateway
from app.rehearsal.github.api.git_http import GitGate
from app.rehearsal.github.faults.gate import FaultGate
from app.rehearsal.github.faults.plan import FaultPlan
from app.rehearsal.github.graphql.endpoint import GraphQLHandler, admit_signed_in
from app.rehearsal.github.graphql.schema import make_schema
from app.rehearsal.github.hooks.sender import Sender
from app.rehearsal.github.journal import Journal
from app.rehearsal.github.pages.assets import face, script, style_sheet
from app.rehearsal.github.pages.gate import PageGate
from app.rehearsal.github.pages.render import Pages
from app.rehearsal.github.pages.routes import PAGES, PageRoute
from app.rehearsal.github.seed import report_lost_moves, seed_app, seed_people, seed_repository
from app.rehearsal.github.site import Site
from app.rehearsal.github.store.database import Database
from app.rehearsal.github.summary import write_summary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.rehearsal.github.api.call import Call, Reply
    from app.rehearsal.github.api.routes import Route
    from app.rehearsal.github.options import GitHubOptions

API = "/api/v3"


def routes() -> tuple[Route, ...]:
    """Every operation of the REST API, the more special path before the more general one."""
    return (
        *apps.ROUTES,
        *people.ROUTES,
        *labels.ROUTES,
        *comments.ROUTES,
        *issues.ROUTES,
        *reviews.ROUTES,
        *pulls.ROUTES,
        *checks.ROUTES,
        *refs.ROUTES,
        *objects.ROUTES,
        *contents.ROUTES,
        *repository_routes.ROUTES,
    )


def create_app(options: GitHubOptions, clock: Callable[[], datetime]) -> FastAPI:
    """Assemble the stand-in on its folder.

    The state is prepared now, deliveries are sent while the application runs.

    Raises:
        SeedError: What it is to host cannot be hosted.
    """
    options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    site = Site(f"http://127.0.0.1:{options.port}", options.data.resolve(), clock)
    database = Database(site.database)
    database.prepare()
    journal = Journal(site.folder / "requests.jsonl")
    try:
        database.transact_now(journal.recover)
        database.transact_now(lambda session: _prepare(session, site, options))
    except Exception:
        journal.close()
        database.close()
        raise
    sender = Sender(database, site)
    app = _empty(database, journal, sender)
    _add_api(app, Gateway(database, site, journal, sender))
    _add_git(app, GitGate(database, site, journal, sender))
    _add_pages(app, PageGate(database, site, sender, Pages()))
    if options.faults.rate:
        plan = FaultPlan(options.faults)
        app.add_middleware(FaultGate, plan=plan, database=database, site=site, journal=journal)
    return app


def _empty(database: Database, journal: Journal, sender: Sender) -> FastAPI:
    @contextlib.asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        sending = asyncio.create_task(sender.run())
        yield
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        database.close()
        journal.close()

    return FastAPI(
        title="Stand-in GitHub", lifespan=life, openapi_url=None, docs_url=None, redoc_url=None
    )


def _prepare(session: Session, site: Site, options: GitHubOptions) -> None:
    seed_people(session, site)
    hosted = [seed_repository(session, site, given) for given in options.repositories]
    if options.app:
        seed_app(session, site, options.app, hosted)
    report_lost_moves(session, site)
    write_summary(session, site)


def _add_api(app: FastAPI, gateway: Gateway) -> None:
    for route in routes():
        app.add_api_route(
            API + route.path, gateway.endpoint(route), methods=[route.method], response_model=None
        )
    handler = GraphQLHandler(make_schema())

    async def graphql(request: Request) -> Response:
        return await gateway.respond(request, handler, admit_signed_in)

    async def unknown(request: Request) -> Response:
        # Through the gateway too, so that the log shows what was asked for in vain.
        return await gateway.respond(request, _unknown, lambda *_: None)

    app.add_api_route("/api/graphql", graphql, methods=["POST"], response_model=None)
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app.add_api_route(API + "/{path:path}", unknown, methods=methods, response_model=None)


def _unknown(_call: Call) -> Reply:
    raise refusals.not_found()


def _add_git(app: FastAPI, gate: GitGate) -> None:
    def endpoint(service: str) -> Callable[[Request, str, str], object]:
        async def serve(request: Request, owner: str, repo: str) -> Response:
            return await gate.respond(request, owner, repo.removesuffix(".git"), service)

        return serve

    for service, method in (
        ("info/refs", "GET"),
        ("git-upload-pack", "POST"),
        ("git-receive-pack", "POST"),
    ):
        app.add_api_route(
            "/{owner}/{repo}/" + service, endpoint(service), methods=[method], response_model=None
        )


def _add_pages(app: FastAPI, gate: PageGate) -> None:
    app.add_api_route("/assets/style.css", style_sheet, methods=["GET"], response_model=None)
    app.add_api_route("/assets/pages.js", script, methods=["GET"], response_model=None)
    for route in (PageRoute("GET", "/avatars/{name}", face), *PAGES):
        endpoint = gate.endpoint(route.handler, foreign=route.foreign)
        app.add_api_route(route.path, endpoint, methods=[route.method], response_model=None)
