"""What requests to the model are counted with: an estimate before they are sent, then their price.

Rows of the ledger within a transaction that is open; what may be spent is added up in `money`.
"""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.store.columns import Usd
from app.store.tables import RunRow, Table
from phases.core.session import Assignment, LedgerEntry

# Made once: building a statement costs more than running it.
_LEDGER = Table.metadata.tables["ledger"]
_OF_ROW = sa.and_(_LEDGER.c.session == sa.bindparam("of"), _LEDGER.c.n == sa.bindparam("row"))
_ASK = sa.insert(_LEDGER).values(
    repository_id=sa.select(RunRow.repository_id)
    .where(RunRow.id == sa.bindparam("run"))
    .scalar_subquery(),
    beat=sa.select(sa.func.coalesce(sa.func.max(_LEDGER.c.beat) + 1, 0))
    .where(_OF_ROW)
    .scalar_subquery(),
)
_SPENT = sa.select(sa.func.sum(_LEDGER.c.cost, type_=Usd())).where(_OF_ROW)
_OF_NUMBER = _LEDGER.c.id == sa.bindparam("number")
_SETTLE = sa.update(_LEDGER).where(_OF_NUMBER)
_DROP = sa.delete(_LEDGER).where(_OF_NUMBER)


def ask(connection: sa.Connection, assignment: Assignment, n: int, estimate: LedgerEntry) -> int:
    """Add a request that asks for row `n` of a session, or stands behind it; return its number."""
    asked = {
        "run": assignment.run,
        "of": assignment.session,
        "row": n,
        "run_id": assignment.run,
        "session": assignment.session,
        "n": n,
        "name": str(assignment.name),
    }
    added = connection.execute(_ASK, asked | _columns(estimate))
    return int(added.inserted_primary_key[0]) if added.inserted_primary_key else 0


def spent_on_row(connection: sa.Connection, assignment: Assignment, n: int) -> Decimal:
    """Return what the requests for row `n` of a session are counted with so far."""
    spent = connection.scalar(_SPENT, {"of": assignment.session, "row": n})
    return spent or Decimal(0)


def settle(connection: sa.Connection, number: int, entry: LedgerEntry | None) -> None:
    """Put what a request has cost in the place of its estimate; None: nothing, it was refused."""
    if entry is None:
        connection.execute(_DROP, {"number": number})
    else:
        connection.execute(_SETTLE, {"number": number} | _columns(entry))


def _columns(entry: LedgerEntry) -> dict[str, Any]:
    tokens = entry.tokens
    return {
        "model": entry.model,
        "iterations": entry.iterations,
        "uncached": tokens.uncached,
        "written_5m": tokens.written_5m,
        "written_1h": tokens.written_1h,
        "read": tokens.read,
        "output": tokens.output,
        "cost": entry.cost_usd,
        "prices": entry.prices,
        "retries": entry.retries,
        "latency_ms": entry.latency_ms,
        "request_id": entry.request_id,
        "answered": entry.answered,
        "at": entry.at,
    }
