"""What commands over the service's own data begin with: settings, a log, a schema that fits.

It starts nothing.
"""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from app.settings import Settings

STOPPED = 2


def give_up(reason: str) -> NoReturn:
    """End the command with a sentence on standard error.

    Raises:
        Exit: always.
    """
    sys.stderr.write(f"{reason}\n")
    raise typer.Exit(STOPPED)


def settings_or_stop() -> "Settings":
    """Read the settings and begin the log, or end the command with what is missing."""
    from app.settings import SettingsError, load
    from app.telemetry.logs import configure
    from app.telemetry.redaction import Redaction
    from app.wiring.store import secrets_of

    try:
        settings = load()
    except SettingsError as error:
        give_up(str(error))
    configure(settings.log_level, Redaction(secrets_of(settings)))
    return settings


def migrated(settings: "Settings") -> tuple[str | None, str]:
    """Bring the database to this version's schema, making it when there is none."""
    from app.store.migrating import NewerSchemaError, UnreachableError, migrate

    if settings.sqlite_file:
        _make_sqlite_file(settings.sqlite_file)
    try:
        return migrate(settings.database_url)
    except UnreachableError as error:
        give_up(f"The database cannot be opened. PHASELINE_DATABASE_URL says where it is. {error}")
    except NewerSchemaError as error:
        give_up(str(error))


def _make_sqlite_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Nobody else reads it; what SQLite lays beside it gets the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        give_up(
            f"The database {path.absolute()} cannot be written: {error.strerror}. Give "
            "the service's user that directory, or set PHASELINE_DATABASE_URL to another place."
        )


def database_or_stop(settings: "Settings") -> None:
    """Make sure that there is a database with this version's schema; change nothing."""
    from app.store.migrating import NewerSchemaError, UnreachableError, schema

    file = settings.sqlite_file
    if file and not file.is_file():
        give_up(f"There is no database at {file.absolute()}. Is this the service's directory?")
    try:
        before, newest = schema(settings.database_url)
    except UnreachableError as error:
        give_up(f"The database does not answer. {error}")
    except NewerSchemaError as error:
        give_up(str(error))
    if before != newest:
        give_up(
            f"The database has the schema {before or 'of nobody'}, this version the schema "
            f"{newest}. Run `phaseline migrate`, or start the service."
        )


def keep_for_good() -> None:
    """Take what the start has made out of the garbage collector's sight.

    A full collection looks at every object while nothing else moves: 0.1 s for what the imports
    alone have made, again and again under a burst of deliveries (seen in `benchmarks.webhooks`).
    """
    gc.collect()
    gc.freeze()
