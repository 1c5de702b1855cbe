"""Runs migrations by Alembic. Whether there are any to run, `migrating` knows."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def upgrade(connection: sa.Connection, migrations: Path) -> None:
    """Run what a database lacks, in the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
