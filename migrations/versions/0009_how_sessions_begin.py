"""How a session began, so that it can be gone on with; which requests were answered."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of openings; what is on the ledger was answered."""
    op.create_table(
        "opening",
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("own", sa.JSON(), nullable=False),
        sa.Column("earlier", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("session"),
    )
    op.add_column(
        "ledger", sa.Column("answered", sa.Boolean(), nullable=False, server_default=sa.true())
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_column("ledger", "answered")
    op.drop_table("opening")
