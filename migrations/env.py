"""Alembic's entry point: migrates over the connection that the caller hands in."""

from typing import Any

from alembic import context

from app.store.tables import Table


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _to: Any) -> bool:
    """Leave DBOS's tables alone: they lie unprefixed in the same SQLite file."""
    return kind != "table" or name in Table.metadata.tables


def migrate() -> None:
    """Run the migrations that are asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Table.metadata,
        include_object=_ours,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate()
