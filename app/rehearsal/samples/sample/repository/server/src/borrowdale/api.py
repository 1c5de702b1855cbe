"""The HTTP API: one function per endpoint, each of them a few lines between wire and model."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from json import JSONDecodeError

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from borrowdale import wire
from borrowdale.desk import Desk
from borrowdale.model import ConflictError, NotFoundError, Tool
from borrowdale.shelf import Shelf


class Endpoints:
    """The endpoints, over one shelf and its desk."""

    def __init__(self, shelf: Shelf, desk: Desk) -> None:
        self._shelf = shelf
        self._desk = desk

    async def list_tools(self, _: Request) -> Response:
        return JSONResponse([asdict(wire.Tool.of(tool)) for tool in self._shelf.tools()])

    async def add_tool(self, request: Request) -> Response:
        new = wire.NewTool.read(await _body(request))
        return _answer(self._shelf.add(new.name, new.notes), status=201)

    async def retire_tool(self, request: Request) -> Response:
        self._shelf.retire(_tool_id(request))
        return Response(status_code=204)

    async def lend(self, request: Request) -> Response:
        loan = wire.NewLoan.read(await _body(request))
        return _answer(self._desk.lend(_tool_id(request), loan.borrower))

    async def take_back(self, request: Request) -> Response:
        return _answer(self._desk.take_back(_tool_id(request)))


def create_app(connection: sqlite3.Connection, today: Callable[[], date]) -> Starlette:
    """Build the application over a database that is up to date."""
    shelf = Shelf(connection)
    endpoints = Endpoints(shelf, Desk(connection, shelf, today))
    return Starlette(
        routes=[
            Route("/api/tools", endpoints.list_tools, methods=["GET"]),
            Route("/api/tools", endpoints.add_tool, methods=["POST"]),
            Route("/api/tools/{tool_id:int}", endpoints.retire_tool, methods=["DELETE"]),
            Route("/api/tools/{tool_id:int}/loan", endpoints.lend, methods=["POST"]),
            Route("/api/tools/{tool_id:int}/loan", endpoints.take_back, methods=["DELETE"]),
        ],
        exception_handlers={
            NotFoundError: _problem(404),
            ConflictError: _problem(409),
            wire.MalformedError: _problem(422),
        },
    )


def _tool_id(request: Request) -> int:
    return int(request.path_params["tool_id"])


def _answer(tool: Tool, status: int = 200) -> Response:
    return JSONResponse(asdict(wire.Tool.of(tool)), status_code=status)


async def _body(request: Request) -> Mapping[str, object]:
    try:
        body = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        raise wire.MalformedError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise wire.MalformedError("the body is not a JSON object")
    return body


def _problem(status: int) -> Callable[[Request, Exception], Response]:
    def answer(_: Request, error: Exception) -> Response:
        return JSONResponse(asdict(wire.Problem(str(error))), status_code=status)

    return answer
