"""Run `git http-backend`, the CGI program that serves git's smart HTTP protocol.

It decides nothing about access.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.rehearsal.github.git.plumbing import GIT, environment

if TYPE_CHECKING:
    from pathlib import Path

_PIECE = 65_536
_SETTINGS = {
    "http.receivepack": "true",
    "receive.fsckObjects": "true",
    "receive.denyDeleteCurrent": "refuse",
    "receive.hideRefs": "refs/pull",
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
}


@dataclass(frozen=True)
class GitRequest:
    """A smart HTTP request.

    The service's path below the repository, and the headers that git reads.
    """

    method: str
    service: str
    query: str
    content_type: str
    content_encoding: str
    protocol: str
    user: str


@dataclass(frozen=True)
class GitResponse:
    """The answer of the CGI program; `body` is read while it runs."""

    status: int
    headers: Mapping[str, str]
    body: AsyncIterator[bytes]


async def serve(
    repository: Path,
    request: GitRequest,
    body: AsyncIterator[bytes],
    hooks: Path,
    extra: Mapping[str, str],
) -> GitResponse:
    """Start the program on a bare repository and give its answer.

    `hooks` and `extra` reach the repository's hooks.
    """
    variables = {
        "GIT_PROJECT_ROOT": str(repository.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.name}/{request.service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.content_type,
        "REMOTE_USER": request.user,
        "REMOTE_ADDR": "127.0.0.1",
        **({"HTTP_CONTENT_ENCODING": request.content_encoding} if request.content_encoding else {}),
        **({"GIT_PROTOCOL": request.protocol} if request.protocol else {}),
        **extra,
    }
    process = await asyncio.create_subprocess_exec(
        GIT,
        "http-backend",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment({**_SETTINGS, "core.hooksPath": str(hooks)}, variables),
    )
    feeding = asyncio.create_task(_feed(process, body))
    status, headers = await _head(process)
    return GitResponse(status, headers, _rest(process, feeding))


async def _feed(process: asyncio.subprocess.Process, body: AsyncIterator[bytes]) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        async for piece in body:
            process.stdin.write(piece)
            await process.stdin.drain()
    process.stdin.close()


async def _head(process: asyncio.subprocess.Process) -> tuple[int, dict[str, str]]:
    status, headers = 200, {}
    if process.stdout is None:
        return 500, {}
    while line := (await process.stdout.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    return (status, headers) if headers else (500, {})


async def _rest(
    process: asyncio.subprocess.Process, feeding: asyncio.Task[None]
) -> AsyncIterator[bytes]:
    whole = False
    try:
        while process.stdout and (piece := await process.stdout.read(_PIECE)):
            yield piece
        await feeding
        whole = True
    finally:
        feeding.cancel()
        if not whole:
            _stop(process)
        await process.wait()


def _stop(process: asyncio.subprocess.Process) -> None:
    # By its number: `process.kill` asks for the exit status first, and where the program has just
    # ended the event loop, which waits for that status too, is left without one.
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
