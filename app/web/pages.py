"""The dashboard: all runs, one run, each as a page and as JSON. It shows; it changes nothing."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from app.web.run_view import RunView, view_of
from phases.core.comments import usd
from phases.core.machine import MEANING, RunState
from phases.core.phase_table import duration
from phases.core.record import Record

MOST_RUNS = 100


class RunReader(Protocol):
    """Where the pages get what they show."""

    async def latest(self, limit: int) -> tuple[Record, ...]:
        """Return the newest runs, newest first."""

    async def find(self, run: str) -> Record | None:
        """Return the record of a run, or None when there is no such run."""


class Pages:
    """The routes that a person opens; `notice` stands on every page, unless it is empty."""

    def __init__(self, runs: RunReader, *, notice: str) -> None:
        self._runs = runs
        self._notice = notice
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["web_link"] = web_link
        self._templates.filters["short_time"] = short_time
        self._templates.filters["took"] = took
        self._templates.filters["usd"] = amount

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        for path, answer in (
            ("/", self.all_runs),
            ("/runs.json", self.all_runs_json),
            # Before the page: `{run}` would take the ending for part of the id.
            ("/runs/{run}.json", self.one_run_json),
            ("/runs/{run}", self.one_run),
        ):
            router.add_route(path, answer, methods=["GET"], include_in_schema=False)
        return router

    async def all_runs(self, _: Request) -> Response:
        """Answer the list of runs as a page."""
        runs = await self._latest()
        return self._page("runs.html", runs=runs, active=_any_active(runs))

    async def all_runs_json(self, _: Request) -> Response:
        """Answer `{"runs": [...]}`."""
        return JSONResponse({"runs": await self._latest()})

    async def one_run(self, request: Request) -> Response:
        """Answer one run as a page."""
        run = await self._view(request)
        if run is None:
            return PlainTextResponse("Not Found", 404)
        meaning = MEANING[RunState(run["state"])]
        return self._page("run.html", run=run, meaning=meaning, active=_any_active([run]))

    async def one_run_json(self, request: Request) -> Response:
        """Answer one run as JSON."""
        run = await self._view(request)
        return JSONResponse({"error": "no such run"}, 404) if run is None else JSONResponse(run)

    async def _latest(self) -> list[RunView]:
        return [view_of(record) for record in await self._runs.latest(MOST_RUNS)]

    async def _view(self, request: Request) -> RunView | None:
        record = await self._runs.find(request.path_params["run"])
        return None if record is None else view_of(record)

    def _page(self, template: str, **values: object) -> Response:
        return HTMLResponse(
            self._templates.get_template(template).render(notice=self._notice, **values)
        )


def web_link(url: str | None) -> str | None:
    """Return a URL that a browser may be sent to, or None."""
    return url if url and urlsplit(url).scheme in {"http", "https"} else None


def short_time(moment: str | None) -> str:
    """Return an ISO time to the second, without its fraction and zone."""
    return moment[:19].replace("T", " ") if moment else ""


def took(began: str, ended: str) -> str:
    """Return the time between two ISO times, as people say it."""
    return duration(datetime.fromisoformat(ended) - datetime.fromisoformat(began))


def amount(usd_: float) -> str:
    """Return an amount of money as the tracker has it."""
    return usd(Decimal(str(usd_)))


def _any_active(runs: list[RunView]) -> bool:
    return any(run["state"] in {RunState.QUEUED, RunState.RUNNING} for run in runs)
