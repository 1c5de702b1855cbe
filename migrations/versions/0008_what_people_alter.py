"""What people do to our comments, and where a run's base branch stands by now."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    for name in ("deletions", "repairs"):
        op.add_column("outward", sa.Column(name, NUMBER, nullable=False, server_default="0"))
    op.add_column("outward", sa.Column("body_sha256", sa.String(), nullable=True))
    op.create_index("ix_outward_remote_id", "outward", ["remote_id"])
    op.add_column("run", sa.Column("drift", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("run", "drift")
    op.drop_index("ix_outward_remote_id", "outward")
    for name in ("body_sha256", "repairs", "deletions"):
        op.drop_column("outward", name)
