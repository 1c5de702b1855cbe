"""What people order, what a run waits for, and which label started it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# SQLite counts up by itself only in a column of exactly this type.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of commands, and the columns of a run that they touch."""
    op.create_table(
        "command",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("argument", sa.String(), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("by_login", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_command_run_id", "command", ["run_id"])
    op.add_column(
        "run", sa.Column("variant", sa.String(), nullable=False, server_default="standard")
    )
    op.add_column("run", sa.Column("awaiting", sa.JSON(), nullable=True))
    op.add_column("run", sa.Column("edited", sa.JSON(), nullable=True))
    op.add_column("run", sa.Column("adopted", sa.String(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for column in ("adopted", "edited", "awaiting", "variant"):
        op.drop_column("run", column)
    op.drop_table("command")
