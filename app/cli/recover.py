"""`phaseline recover`: after the database was lost, read the runs back from GitHub.

It needs the App's own key: what that key has not signed is not believed.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.starting import give_up, migrated, settings_or_stop
from app.cli.table import table

if TYPE_CHECKING:
    from app.settings import Settings
    from app.wiring.recovering import Recoverer, Told

MOST_TEXT = 160
REFUSED = 1


def recover(
    repository: Annotated[
        list[str] | None,
        typer.Option(metavar="OWNER/NAME", help="Only this one; may be given more than once."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Rebuild the runs of a lost database from GitHub; exit 1 when one was refused.

    Stop the service first, run this, start it again: unfinished runs go on. It takes the App's own
    private key, writes nothing to GitHub, and may be run again: what the database knows stays.
    """
    settings = settings_or_stop()
    migrated(settings)
    found = _recovered(settings, tuple(repository or ()))
    if as_json:
        typer.echo(json.dumps([asdict(told) for told in found], indent=2))
    elif not found:
        typer.echo("No tracker of this App stands where it is installed: there is nothing to read.")
    else:
        rows = [
            (t.what, t.run[:8], f"{t.repository}#{t.issue}", t.state, str(t.works), t.reason)
            for t in found
        ]
        typer.echo(table(("", "run", "issue", "state", "works", "why"), rows, MOST_TEXT))
    if any(told.what == "refused" for told in found):
        raise typer.Exit(REFUSED)


def _recovered(settings: "Settings", names: tuple[str, ...]) -> list["Told"]:
    from app.durable.lock import AnotherWorkerError
    from app.github.errors import RefusedByGitHubError
    from app.github.key import PrivateKeyError
    from app.wiring.recovering import NotInstalledError
    from phases.core.errors import BlockedError, TransientError

    async def run() -> list["Told"]:
        async with _recoverer(settings) as recoverer:
            return [told async for told in recoverer.recover(names)]

    try:
        return asyncio.run(run())
    except (AnotherWorkerError, NotInstalledError, PrivateKeyError) as error:
        give_up(str(error))
    except (RefusedByGitHubError, BlockedError) as error:
        give_up(f"GitHub does not let the App look. {error}")
    except TransientError as error:
        give_up(f"{error}. Try again; what was recovered is kept.")


@asynccontextmanager
async def _recoverer(settings: "Settings") -> AsyncIterator["Recoverer"]:
    from app.clock import SystemClock
    from app.wiring.recovering import Recoverer, only_worker
    from app.wiring.store import Store
    from app.wiring.worker import connection_of

    clock = SystemClock()
    store = Store(settings, clock)
    async with AsyncExitStack() as stack:
        stack.enter_context(only_worker(settings))
        connection = connection_of(settings, clock)
        stack.push_async_callback(connection.close)
        await stack.enter_async_context(store.database)
        yield Recoverer(settings, store, connection, clock)
