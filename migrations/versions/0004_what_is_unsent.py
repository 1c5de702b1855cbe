"""An index over what does not stand on GitHub yet: asking for it costs the same after years."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNSENT = "refused is null and (posted_sha256 is null or posted_sha256 <> text_sha256)"


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_outward_unsent",
        "outward",
        ["id"],
        sqlite_where=sa.text(UNSENT),
        postgresql_where=sa.text(UNSENT),
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_outward_unsent", "outward")
