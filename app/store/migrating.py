"""Brings a database to this version's schema; refuses one that a newer version has made.

Alembic is loaded only when there is something to migrate: it takes memory, and half of a start.
"""

from pathlib import Path

import sqlalchemy as sa

from app.store.engine import make_engine

MIGRATIONS = Path(__file__).parents[2] / "migrations"
_TABLE = "alembic_version"
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
            return _revisions(connection)
    except sa.exc.DBAPIError as error:
        raise UnreachableError(str(error.orig).strip()) from error
    finally:
        engine.dispose()


def migrate(url: str) -> tuple[str | None, str]:
    """Bring a database to the newest schema; return the revisions before and after.

    Raises:
        NewerSchemaError: when this version does not know the database's revision.
        UnreachableError: when it cannot be opened.
    """
    engine = make_engine(url, begin="IMMEDIATE")
    try:
        with _opened(engine) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                # Between two statements the migrations are loaded, however long that takes.
                connection.execute(sa.text("set local idle_in_transaction_session_timeout = 0"))
                connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            before, newest = _revisions(connection)
            if before != newest:
                from app.store.upgrading import upgrade  # noqa: PLC0415

                upgrade(connection, MIGRATIONS)
            return before, newest
    finally:
        engine.dispose()


def revisions() -> tuple[str, ...]:
    """Return the revisions that this version knows, the oldest first: their files begin so."""
    return tuple(sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*")))


def _opened(engine: sa.Engine) -> sa.Connection:
    """Return a connection; what fails behind it is a migration's own defect."""
    try:
        return engine.connect()
    except sa.exc.DBAPIError as error:
        raise UnreachableError(str(error.orig).strip()) from error


def _revisions(connection: sa.Connection) -> tuple[str | None, str]:
    known, before = revisions(), _revision(connection)
    if before is not None and before not in known:
        raise NewerSchemaError(
            f"The database has the schema {before}, which this version of Phaseline does not know. "
            "It was made by a newer version: run that one, or restore a backup."
        )
    return before, known[-1]


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_TABLE):
        return None
    number: sa.ColumnClause[str] = sa.column("version_num", sa.String())
    return connection.execute(sa.select(number).select_from(sa.table(_TABLE))).scalar_one_or_none()
