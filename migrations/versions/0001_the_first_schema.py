"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # The type that counts up by itself.


_TABLES = """
work turn passage outward note output ledger run turn_result repository log delivery
"""


def upgrade() -> None:
    """Make every table."""
    _delivery()
    _log()
    _repository()
    _turn_result()
    _run()
    _ledger()
    _note()
    _output()
    _outward()
    _passage()
    _turn()
    _work()


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("processed_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("body_sha256"),
        sa.UniqueConstraint("guid"),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_processed_at"), ["processed_at"], unique=False
        )


def _log() -> None:
    op.create_table(
        "log",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )


def _repository() -> None:
    op.create_table(
        "repository",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("installation", KEY, nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("default_branch", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _turn_result() -> None:
    op.create_table(
        "turn_result",
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("n", KEY, nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("snapshot", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "n"),
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("repository_id", KEY, nullable=False),
        sa.Column("issue", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("segment", KEY, nullable=False),
        sa.Column("labeller_id", KEY, nullable=False),
        sa.Column("labeller_login", sa.String(), nullable=False),
        sa.Column("limit_usd", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("resumed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("wakes_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=True),
        sa.Column("base", sa.JSON(), nullable=True),
        sa.Column("branch", sa.String(), nullable=True),
        sa.Column("head", sa.String(), nullable=True),
        sa.Column("pull_request", sa.JSON(), nullable=True),
        sa.Column("touched", KEY, nullable=False),
        sa.Column("shown", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repository.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("repository_id", "issue", "number"),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_wakes_at"), ["wakes_at"], unique=False)


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("repository_id", KEY, nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("n", KEY, nullable=False),
        sa.Column("beat", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("iterations", KEY, nullable=False),
        sa.Column("uncached", KEY, nullable=False),
        sa.Column("written_5m", KEY, nullable=False),
        sa.Column("written_1h", KEY, nullable=False),
        sa.Column("read", KEY, nullable=False),
        sa.Column("output", KEY, nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("prices", sa.String(), nullable=False),
        sa.Column("retries", KEY, nullable=False),
        sa.Column("latency_ms", KEY, nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session", "n", "beat"),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_run_id"), ["run_id"], unique=False)


def _note() -> None:
    op.create_table(
        "note",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "name", "text_sha256"),
    )


def _output() -> None:
    op.create_table(
        "output",
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("n", KEY, nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("session", "n", "call"),
    )


def _outward() -> None:
    op.create_table(
        "outward",
        sa.Column("id", KEY, nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=True),
        sa.Column("repository_id", KEY, nullable=False),
        sa.Column("issue", KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("comment", KEY, nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("posted_sha256", sa.String(), nullable=True),
        sa.Column("posted_at", sa.BigInteger(), nullable=True),
        sa.Column("attempted_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("refused", sa.String(), nullable=True),
        sa.Column("remote_id", KEY, nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repository.id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner", "key"),
    )
    with op.batch_alter_table("outward", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outward_run_id"), ["run_id"], unique=False)


def _passage() -> None:
    op.create_table(
        "passage",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("passed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "phase"),
    )


def _turn() -> None:
    op.create_table(
        "turn",
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("n", KEY, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("request_sha256", sa.String(), nullable=False),
        sa.Column("reply", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("session", "n"),
    )


def _work() -> None:
    op.create_table(
        "work",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("attempt", KEY, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("artifact_name", sa.String(), nullable=True),
        sa.Column("artifact_text", sa.String(), nullable=True),
        sa.Column("artifact_sha256", sa.String(), nullable=True),
        sa.Column("submission", sa.JSON(), nullable=True),
        sa.Column("commit", sa.JSON(), nullable=True),
        sa.Column("receipts", sa.JSON(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "name"),
    )


def downgrade() -> None:
    """Drop every table."""
    for name in _TABLES.split():
        op.drop_table(name)
