"""`phaseline serve`, `work`, `migrate`: the service itself. What it is made of: see wiring."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.privacy import keep_memory_private
from app.cli.starting import STOPPED, give_up, keep_for_good, migrated, settings_or_stop

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.settings import Settings

# What is asked of the web side ends within this; then the worker drains.
GRACE_SECONDS = 5
MOST_CONNECTIONS = 2000


def serve(
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also do the work, in this process.")
    ] = True,
) -> None:
    """Run the service: the webhook, the dashboard and a worker. Settings come from .env."""
    keep_memory_private()
    settings = settings_or_stop()
    _port_or_stop(settings)
    migrated(settings)

    async def main() -> None:
        from app.main import service

        async with service(settings, with_worker=worker) as application:
            await _serve(application, settings)

    _run(main)


def _port_or_stop(settings: "Settings") -> None:
    """End the command when its port is taken, before anything is opened or announced."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        give_up(
            f"Phaseline cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
            "End the program that does, or set PHASELINE_PORT or PHASELINE_HOST to something else."
        )


async def _serve(application: "FastAPI", settings: "Settings") -> None:
    import uvicorn

    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
    )
    server = uvicorn.Server(config)
    # It raises the signal that stopped it once more when it has stopped; the worker then drains.
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, lambda: None)
    typer.echo(f"Phaseline on http://{settings.host}:{settings.port} (Ctrl-C stops it)", err=True)
    keep_for_good()
    await server.serve()
    if not server.started:
        raise typer.Exit(STOPPED)


def work() -> None:
    """Run one more worker, without a web side. Many need PostgreSQL."""
    keep_memory_private()
    settings = settings_or_stop()
    migrated(settings)

    async def main() -> None:
        from app.main import work_until

        stop = asyncio.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, stop.set)
        await work_until(settings, stop)

    _run(main)


def _run(main: Callable[[], Coroutine[None, None, None]]) -> None:
    from app.wiring.refusals import StartError

    watch_children()
    try:
        asyncio.run(main())
    except StartError as error:
        give_up(f"Phaseline cannot start. {error}")
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def watch_children() -> None:
    """Let the next event loop wait for its processes without a thread for each.

    Python does so by itself from 3.12 on; before, and where the kernel cannot, it starts threads.
    """
    if sys.version_info < (3, 12):
        try:
            os.close(os.pidfd_open(os.getpid()))
        except OSError:
            return
        asyncio.set_child_watcher(asyncio.PidfdChildWatcher())


def migrate() -> None:
    """Bring the database to this version's schema; serve and work do so by themselves.

    Of several at once one does it and the others wait. A database of a newer version is left alone.
    """
    before, after = migrated(settings_or_stop())
    word = "was up to date" if before == after else f"migrated from {before or 'nothing'}"
    typer.echo(f"The database {word}: schema {after}.")
