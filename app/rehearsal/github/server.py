"""Run the stand-in GitHub as a process: one port on 127.0.0.1, until a signal asks it to end."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI

from app.rehearsal.github.application import create_app
from app.rehearsal.github.faults.plan import NO_FAULTS, FaultKind, FaultOptions
from app.rehearsal.github.faults.wire import DroppableConnection
from app.rehearsal.github.options import AppRegistration, GitHubOptions, HostedRepository
from app.rehearsal.github.seed import SeedError

__all__ = [
    "NO_FAULTS",
    "AppRegistration",
    "FaultKind",
    "FaultOptions",
    "GitHubOptions",
    "HostedRepository",
    "PortTakenError",
    "SeedError",
    "configured",
    "create_app",
    "run",
]


class PortTakenError(Exception):
    """Another program listens on the port; the message names it."""


def run(options: GitHubOptions, announce: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called as soon as the port is had.

    Raises:
        PortTakenError: Another program listens on the port.
        SeedError: What it is to host cannot be hosted.
    """
    listening = listen(options.port)
    app = create_app(options, lambda: datetime.now(UTC))
    announce()
    uvicorn.Server(configured(app)).run(sockets=[listening])


def configured(app: FastAPI) -> uvicorn.Config:
    """Say how the application is served."""
    return uvicorn.Config(
        app,
        http=DroppableConnection,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=2,
        server_header=False,
    )


def listen(port: int) -> socket.socket:
    """Open the port on 127.0.0.1.

    Raises:
        PortTakenError: Another program listens on it.
    """
    # The protocol is named because asyncio turns Nagle's algorithm off only for sockets that name
    # it; with it every answer would wait for the client's delayed acknowledgement, some 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise PortTakenError(
            f"Port {port} on 127.0.0.1 cannot be used ({error.strerror}). End the program that"
            " listens on it, or choose another port."
        ) from error
    return listening
