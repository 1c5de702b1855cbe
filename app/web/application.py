"""Puts the room's routes into one FastAPI application. Collaborators come from the wiring."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from app.web.doors import Doors
from app.web.health import Health
from app.web.pages import Pages
from app.web.webhook import PATH, Webhook

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
PUBLIC = frozenset({PATH, "/healthz"})


def web_application(
    *,
    webhook: Webhook,
    health: Health,
    pages: Pages,
    hosts: frozenset[str],
    lifespan: Lifespan,
) -> FastAPI:
    """Return the application.

    `hosts` are the names under which this machine may open the pages, such as `localhost`,
    `127.0.0.1` and `[::1]`. There is no schema and no explorer to find.
    """
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    application.include_router(webhook.router())
    application.include_router(health.router())
    application.include_router(pages.router())
    application.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    application.add_middleware(Doors, public=PUBLIC, hosts=hosts)
    return application
