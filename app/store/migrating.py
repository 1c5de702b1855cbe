"""Brings a database to this version's schema; refuses one that a newer version has made."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.store.engine import make_engine

_LOCK = 0x70_68_61_73_65  # "phase": the advisory lock that one migration at a time holds.


class NewerSchemaError(Exception):
    """The database was made by a newer Phaseline; the message says so."""


class UnreachableError(Exception):
    """The database does not answer; the message is what it or the driver says."""


def schema(url: str) -> tuple[str | None, str]:
    """Return a database's revision (None: it is empty) and the newest one; change nothing.

    Raises:
        NewerSchemaError: when this version does not know the database's revision.
        UnreachableError: when it cannot be opened.
    """
    engine = make_engine(url, begin="DEFERRED")
    try:
        with engine.connect() as connection, connection.begin():
            return _revisions(connection, ScriptDirectory.from_config(_config()))
    except sa.exc.DBAPIError as error:
        raise UnreachableError(str(error.orig).strip()) from error
    finally:
        engine.dispose()


def migrate(url: str) -> tuple[str | None, str]:
    """Bring a database to the newest schema; return the revisions before and after.

    Raises:
        NewerSchemaError: when this version does not know the database's revision.
    """
    engine = make_engine(url, begin="IMMEDIATE")
    try:
        with engine.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            return _upgrade(connection)
    finally:
        engine.dispose()


def _upgrade(connection: sa.Connection) -> tuple[str | None, str]:
    config = _config()
    config.attributes["connection"] = connection
    before, newest = _revisions(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, "head")
    return before, newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
    return config


def _revisions(connection: sa.Connection, script: ScriptDirectory) -> tuple[str | None, str]:
    newest = script.get_current_head() or ""
    before = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if before is not None and before not in known:
        raise NewerSchemaError(
            f"The database has the schema {before}, which this version of Phaseline does not know. "
            "It was made by a newer version: run that one, or restore a backup."
        )
    return before, newest
