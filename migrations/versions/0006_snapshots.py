"""Snapshots of checkouts, so that a run can go on where its directory does not exist."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of snapshots."""
    op.create_table(
        "snapshot",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("tree", sa.String(), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("pack", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "work", "tree"),
    )


def downgrade() -> None:
    """Drop the table of snapshots."""
    op.drop_table("snapshot")
