"""Copies an SQLite database while it is in use, by SQLite's own online backup.

Of a PostgreSQL database its own tools make the copies; this says only which.
"""

import os
from pathlib import Path

import sqlalchemy as sa
from pysqlite3 import dbapi2 as sqlite

SQLITE = "sqlite:///"
PAGES_AT_ONCE = 2048


class BackupError(Exception):
    """No copy was made; the message says why, or what makes one."""


def backup(url: str, target: Path) -> int:
    """Copy the database to a file that does not exist yet; return its size in bytes.

    The copy is whole: it is checked, and has its name only then. Its mode is 0600.

    Raises:
        BackupError: when it cannot be made.
    """
    if not url.startswith(SQLITE):
        raise BackupError(
            f"PostgreSQL makes its own backups: pg_dump --format=custom --file={target} "
            f"'{_plain(url)}'. Nothing was written."
        )
    if target.exists():
        raise BackupError(f"{target} is there already and was left alone: give another name.")
    part = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        _copy(Path(url.removeprefix(SQLITE)), part)
        part.rename(target)
    except (OSError, sqlite.Error) as error:
        part.unlink(missing_ok=True)
        raise BackupError(f"The backup failed, and nothing is left of it: {error}.") from error
    return target.stat().st_size


def _copy(source: Path, part: Path) -> None:
    reading = sqlite.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    writing = sqlite.connect(str(part))
    try:
        reading.backup(writing, pages=PAGES_AT_ONCE)
        # One file, without a log beside it.
        writing.execute("pragma journal_mode=delete").fetchall()
        (found,) = writing.execute("pragma integrity_check").fetchone()
    finally:
        writing.close()
        reading.close()
    if found != "ok":
        raise sqlite.DatabaseError(f"the copy is not sound: {found}")


def _plain(url: str) -> str:
    return sa.make_url(url)._replace(password=None).render_as_string(hide_password=False)
