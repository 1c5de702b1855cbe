"""The HTTP side of the scripted Claude: routes, pacing, the log. Answers are made elsewhere."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from app.rehearsal.claude.cache import PromptCache
from app.rehearsal.claude.catalog import MODELS, find_model
from app.rehearsal.claude.errors import ApiError
from app.rehearsal.claude.exchange import Exchange, incoming
from app.rehearsal.claude.frames import frames
from app.rehearsal.claude.log import RequestLog
from app.rehearsal.claude.page import page
from app.rehearsal.claude.reading import read_script
from app.rehearsal.claude.request import check_headers
from app.rehearsal.claude.script import Script

HOST = "127.0.0.1"
# https://platform.claude.com/docs/en/api/errors: the Messages API takes 32 MB.
MOST_BODY = 32 * 1024 * 1024
SCRIPTED = {"x-phaseline-scripted": "true"}


class PortTakenError(Exception):
    """The port is in use; the message names it."""


@dataclass(frozen=True)
class ClaudeOptions:
    """How the scripted Claude runs: port on 127.0.0.1, script, seconds a reply takes, log file."""

    port: int
    script: Path
    latency: float = 0.0
    log: Path | None = None


class _Replies:
    """Answers Messages requests over HTTP and logs each as it ended."""

    def __init__(self, script: Script, cache: PromptCache, latency: float, log: RequestLog) -> None:
        self._script = script
        self._cache = cache
        self._latency = latency
        self._log = log

    async def messages(self, request: Request) -> Response:
        came = incoming(request.headers, await _body(request))
        exchange = Exchange(self._script, self._cache, came)
        headers = {"request-id": came.request_id, **SCRIPTED}
        try:
            answer = exchange.reply()
        except ApiError as error:
            return self._refusal(exchange, error, headers)
        if exchange.request is not None and exchange.request.stream:
            stream = self._stream(exchange, list(frames(answer.body)))
            return StreamingResponse(stream, headers=headers, media_type="text/event-stream")
        await asyncio.sleep(self._latency / 2)
        exchange.begin()
        await asyncio.sleep(self._latency / 2)
        gone = await request.is_disconnected()
        self._log.append(exchange.entry(200, None, disconnected=gone))
        return JSONResponse(answer.body, headers=headers)

    async def count(self, request: Request) -> Response:
        came = incoming(request.headers, await _body(request))
        exchange = Exchange(self._script, self._cache, came)
        headers = {"request-id": came.request_id, **SCRIPTED}
        try:
            tokens = exchange.count()
        except ApiError as error:
            return self._refusal(exchange, error, headers)
        self._log.append(exchange.entry(200, None, disconnected=False))
        return JSONResponse({"input_tokens": tokens}, headers=headers)

    async def _stream(self, exchange: Exchange, events: list[bytes]) -> AsyncIterator[bytes]:
        """Send the events, half of the latency before the first and the rest spread over them."""
        pause = self._latency / 2
        finished = False
        try:
            await asyncio.sleep(pause)
            exchange.begin()
            for event in events:
                yield event
                if pause:
                    await asyncio.sleep(pause / len(events))
            finished = True
        finally:
            self._log.append(exchange.entry(200, None, disconnected=not finished))

    def _refusal(self, exchange: Exchange, error: ApiError, headers: dict[str, str]) -> Response:
        self._log.append(exchange.entry(error.status, error, disconnected=False))
        return JSONResponse(error.body(headers["request-id"]), error.status, headers)


def create_app(script: Script, latency: float, log: RequestLog) -> FastAPI:
    """Return the application; `latency` in seconds a reply."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    replies = _Replies(script, PromptCache(), latency, log)
    app.add_api_route("/v1/messages", replies.messages, methods=["POST"])
    app.add_api_route("/v1/messages/count_tokens", replies.count, methods=["POST"])
    app.add_api_route("/v1/models", _models, methods=["GET"])
    app.add_api_route("/v1/models/{model_id}", _model, methods=["GET"])
    app.add_exception_handler(ApiError, _on_refusal)
    app.add_exception_handler(HTTPException, _on_no_route)

    @app.get("/")
    def front() -> Response:
        return HTMLResponse(page(script, log.entries, log.misfits), headers=SCRIPTED)

    return app


def run(options: ClaudeOptions, announce: Callable[[], None]) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT; `announce` is called as soon as the port is had.

    Raises:
        ScriptError: the script has faults.
        PortTakenError: the port is in use.
    """
    script = read_script(options.script)
    app = create_app(script, options.latency, RequestLog(options.log))
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, options.port))
        except OSError as error:
            raise PortTakenError(f"port {options.port} on {HOST}: {error.strerror}") from error
        announce()
        uvicorn.Server(config).run(sockets=[listener])


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BODY:
            raise ApiError("request_too_large", "Request exceeds the maximum size")
    return bytes(body)


def _models(request: Request) -> Response:
    check_headers(request.headers)
    return _plain(
        {
            "data": [model.body() for model in MODELS],
            "has_more": False,
            "first_id": MODELS[0].id,
            "last_id": MODELS[-1].id,
        }
    )


def _model(request: Request, model_id: str) -> Response:
    check_headers(request.headers)
    model = find_model(model_id)
    if model is None:
        raise ApiError("not_found_error", f"model: {model_id}")
    return _plain(model.body())


def _plain(body: dict[str, Any]) -> Response:
    return JSONResponse(body, headers={"request-id": incoming({}, b"").request_id, **SCRIPTED})


async def _on_refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    request_id = incoming({}, b"").request_id
    headers = {"request-id": request_id, **SCRIPTED}
    return JSONResponse(error.body(request_id), error.status, headers)


async def _on_no_route(request: Request, _error: Exception) -> Response:
    return await _on_refusal(request, ApiError("not_found_error", "Not found"))
