"""`phaseline setup`: a page on this machine that makes the GitHub App and stores its credentials.

What the pages are: `app.web.setup`. What is stored where: `app.wiring.credentials`.
"""

import asyncio
import signal
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.starting import STOPPED, give_up

if TYPE_CHECKING:
    import uvicorn

    from app.settings import Places
    from app.web.setup.assistant import Assistant
    from app.web.setup.office import Kept
    from app.wiring.credentials import Credentials

HOST = "127.0.0.1"
# The last page has been sent by then.
GRACE_SECONDS = 2


def setup(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 8010,
    replace: Annotated[
        bool, typer.Option("--replace", help="Another App than the one in .env; keeps a backup.")
    ] = False,
) -> None:
    """Register the GitHub App in a browser, and write its credentials into .env and var."""
    from app.clock import SystemClock
    from app.settings import SettingsError, load_places
    from app.wiring.credentials import CredentialsError
    from app.wiring.setup import credentials_of

    try:
        places = load_places()
    except SettingsError as error:
        give_up(str(error))
    credentials = credentials_of(places, SystemClock().now(), replace=replace)
    try:
        credentials.check()
    except CredentialsError as error:
        give_up(str(error))
    try:
        asyncio.run(_setup(port, places, credentials))
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None


async def _setup(port: int, places: "Places", credentials: "Credentials") -> None:
    from app.web.setup.assistant import Assistant
    from app.wiring.setup import registering

    async with registering(places, credentials) as office:
        assistant = Assistant(office)
        await _serve(assistant, port)
        if assistant.kept is None:
            if office.lost:
                give_up(f"An App was made and its key is lost: delete it at {office.lost}.")
            give_up("Nothing was registered and nothing was written.")
        _tell(assistant.kept)


async def _serve(assistant: "Assistant", port: int) -> None:
    import uvicorn

    from app.web.setup.pages import setup_application
    from app.wiring.web import LOOPBACK_NAMES

    listener = _listen(port)
    config = uvicorn.Config(
        setup_application(assistant, LOOPBACK_NAMES),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    # For a signal that comes before it listens to them itself, and for the one that it raises once
    # more when it has stopped.
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, _stop, server)
    typer.echo(
        f"Open http://{HOST}:{port}/?key={assistant.key}\n"
        "in a browser on this machine (from elsewhere: "
        f"ssh -L {port}:{HOST}:{port} this-machine). Ctrl-C ends it."
    )
    ending = asyncio.create_task(_end_when_done(assistant, server))
    await server.serve(sockets=[listener])
    ending.cancel()


def _stop(server: "uvicorn.Server") -> None:
    server.should_exit = True


async def _end_when_done(assistant: "Assistant", server: "uvicorn.Server") -> None:
    await assistant.finished.wait()
    _stop(server)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        give_up(f"Port {port} of {HOST} cannot be had ({error.strerror}): choose another --port.")


def _tell(kept: "Kept") -> None:
    typer.echo(f"\n{kept.name} is registered (App ID {kept.id}). Written, for you alone:")
    for file in kept.files:
        typer.echo(f"  {file}")
    for file in kept.backups:
        typer.echo(f"  {file} is what stood there before")
    typer.echo(f"\nInstall it on a repository: {kept.install_url}")
    if not kept.has_claude_key:
        typer.echo("Write your key of the Claude API into .env: ANTHROPIC_API_KEY=")
    typer.echo("Then: phaseline doctor, phaseline serve")
