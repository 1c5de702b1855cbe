"""Indexes that hold all that a sum of the ledger needs: it is asked for at every turn."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them instead of those that only find the rows."""
    op.drop_index("ix_ledger_at", "ledger")
    op.drop_index("ix_ledger_run_id", "ledger")
    op.create_index("ix_ledger_of_day", "ledger", ["at", "repository_id", "cost"])
    op.create_index("ix_ledger_of_run", "ledger", ["run_id", "at", "cost"])


def downgrade() -> None:
    """Put the former ones back."""
    op.drop_index("ix_ledger_of_run", "ledger")
    op.drop_index("ix_ledger_of_day", "ledger")
    op.create_index("ix_ledger_run_id", "ledger", ["run_id"])
    op.create_index("ix_ledger_at", "ledger", ["at"])
