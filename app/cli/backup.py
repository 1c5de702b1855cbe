"""`phaseline backup`: a copy of the database while the service runs. Restoring: docs/operations."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.starting import database_or_stop, give_up, settings_or_stop


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; not there yet.")],
) -> None:
    """Copy the SQLite database, also while the service runs.

    The copy is checked, and has its name only when it is whole. How to put it back stands in
    docs/operations.md. PostgreSQL makes its own: this names the command.
    """
    from app.store.backup import BackupError
    from app.store.backup import backup as copy

    settings = settings_or_stop()
    if settings.sqlite_file:
        database_or_stop(settings)
    try:
        size = copy(settings.database_url, file)
    except BackupError as error:
        give_up(str(error))
    typer.echo(f"Written to {file} ({size:,} bytes).")
