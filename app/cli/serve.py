"""`phaseline serve`, `work`, `migrate`: the service itself. What it is made of: see wiring."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.settings import Settings

STOPPED = 2
GRACE_SECONDS = 25
MOST_CONNECTIONS = 2000


def serve(
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also do the work, in this process.")
    ] = True,
) -> None:
    """Run the service: the webhook, the dashboard and a worker. Settings come from .env."""
    settings = _settings()
    _migrate(settings)

    async def main() -> None:
        from app.main import service

        async with service(settings, with_worker=worker) as application:
            await _serve(application, settings)

    _run(main)


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
    typer.echo(f"Phaseline on http://{settings.host}:{settings.port} (Ctrl-C stops it)", err=True)
    await server.serve()
    if not server.started:
        raise typer.Exit(STOPPED)


def work() -> None:
    """Run one more worker, without a web side. Many need PostgreSQL."""
    settings = _settings()
    _migrate(settings)

    async def main() -> None:
        from app.main import work_until

        stop = asyncio.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, stop.set)
        await work_until(settings, stop)

    _run(main)


def _run(main: Callable[[], Coroutine[None, None, None]]) -> None:
    from app.wiring.refusals import StartError

    try:
        asyncio.run(main())
    except StartError as error:
        _stop(f"Phaseline cannot start. {error}")
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def migrate() -> None:
    """Bring the database to this version's schema; serve and work do so by themselves."""
    before, after = _migrate(_settings())
    word = "was up to date" if before == after else f"migrated from {before or 'nothing'}"
    typer.echo(f"The database {word}: schema {after}.")


def _settings() -> "Settings":
    from app.settings import SettingsError, load
    from app.telemetry.logs import configure
    from app.telemetry.redaction import Redaction
    from app.wiring.store import secrets_of

    try:
        settings = load()
    except SettingsError as error:
        _stop(str(error))
    configure(settings.log_level, Redaction(secrets_of(settings)))
    return settings


def _migrate(settings: "Settings") -> tuple[str | None, str]:
    from pathlib import Path

    from app.store.migrating import NewerSchemaError, migrate

    if settings.database_url.startswith("sqlite:///"):
        path = Path(settings.database_url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        # Nobody else reads it; what SQLite lays beside it gets the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    try:
        return migrate(settings.database_url)
    except NewerSchemaError as error:
        _stop(str(error))


def _stop(reason: str) -> NoReturn:
    sys.stderr.write(f"{reason}\n")
    raise typer.Exit(STOPPED)
