"""A journal in memory with the store's manners: rows once, JSON as text, money counted."""

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal

from phases.core.errors import StaleSegmentError
from phases.core.session import Assignment, Json, LedgerEntry, TurnRow


@dataclass
class FakeJournal:
    """Keeps the rows of all sessions; `allowance` is what may be spent in all, in USD."""

    allowance: Decimal
    rows: dict[str, list[TurnRow]] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        return tuple(self.rows.get(session, ()))

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        entry: LedgerEntry,
        seconds: float,
    ) -> None:
        rows = self.rows.setdefault(assignment.session, [])
        if n != len(rows):
            raise StaleSegmentError(f"row {n} of {assignment.session} is there already")
        rows.append(TurnRow(n, request_sha256, _stored(reply), None, None, entry.cost_usd, seconds))
        self.ledger.append(entry)

    async def results(
        self, assignment: Assignment, n: int, results: tuple[Json, ...], snapshot: str | None
    ) -> None:
        rows = self.rows[assignment.session]
        stored = tuple(_stored(result) for result in results)
        rows[n] = replace(rows[n], results=stored, snapshot=snapshot)

    async def spendable(self, run: str) -> Decimal:
        del run  # One purse for all.
        return self.allowance - sum((entry.cost_usd for entry in self.ledger), Decimal(0))


def _stored(value: Json) -> Json:
    stored: Json = json.loads(json.dumps(value, ensure_ascii=False))
    return stored
