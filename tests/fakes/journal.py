"""A journal in memory with the store's manners: rows once, JSON as text, money counted."""

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal

from phases.core.allowance import Allowance, Bound, Limit
from phases.core.errors import StaleSegmentError
from phases.core.session import Assignment, Json, LedgerEntry, Opening, TurnRow


@dataclass
class FakeJournal:
    """Keeps the rows of all sessions; `purse` is what may be spent in all, in USD.

    `idle_seconds` is how long nothing was accepted; the limit is 1,800. `full` says that no output
    is kept any more.
    """

    purse: Decimal
    limit: Limit = Limit.RUN_USD
    idle_seconds: int = 0
    rows: dict[str, list[TurnRow]] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)
    openings: dict[str, Opening] = field(default_factory=dict)
    outputs: dict[tuple[str, int, int], str] = field(default_factory=dict)
    full: bool = False

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        return tuple(self.rows.get(session, ()))

    async def opening(self, session: str) -> Opening | None:
        return self.openings.get(session)

    async def begin(self, assignment: Assignment, opening: Opening) -> None:
        if assignment.session in self.openings:
            raise StaleSegmentError(f"{assignment.session} has begun already")
        self.openings[assignment.session] = opening

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        entry: LedgerEntry,
        seconds: float,
    ) -> Allowance:
        rows = self.rows.setdefault(assignment.session, [])
        if n != len(rows):
            raise StaleSegmentError(f"row {n} of {assignment.session} is there already")
        cost, stored = entry.cost_usd, _stored(reply)
        rows.append(TurnRow(n, request_sha256, stored, None, None, cost, seconds, entry.at))
        self.ledger.append(entry)
        return await self.allowance(assignment.run)

    async def paid(self, assignment: Assignment, n: int, entry: LedgerEntry) -> int:
        self._add_cost(assignment, n, entry.cost_usd)
        self.ledger.append(entry)
        return len(self.ledger) - 1

    async def corrected(
        self, assignment: Assignment, n: int, number: int, entry: LedgerEntry | None
    ) -> None:
        self._add_cost(assignment, n, -self.ledger[number].cost_usd)
        del self.ledger[number]
        if entry is not None:
            self._add_cost(assignment, n, entry.cost_usd)
            self.ledger.insert(number, entry)

    def _add_cost(self, assignment: Assignment, n: int, usd: Decimal) -> None:
        rows = self.rows[assignment.session]
        rows[n] = replace(rows[n], cost_usd=rows[n].cost_usd + usd)

    async def results(
        self, assignment: Assignment, n: int, results: tuple[Json, ...], snapshot: str | None
    ) -> None:
        rows = self.rows[assignment.session]
        stored = tuple(_stored(result) for result in results)
        rows[n] = replace(rows[n], results=stored, snapshot=snapshot)

    async def keep_output(self, assignment: Assignment, n: int, call: int, text: str) -> bool:
        if self.full:
            return False
        self.outputs[assignment.session, n, call] = text
        return True

    async def output(self, session: str, n: int, call: int) -> str | None:
        return self.outputs.get((session, n, call))

    async def allowance(self, run: str) -> Allowance:
        del run  # One purse for all.
        spent = sum((entry.cost_usd for entry in self.ledger), Decimal(0))
        purse = Bound(self.limit, self.purse, max(Decimal(0), self.purse - spent))
        idle = Bound(Limit.IDLE_SECONDS, Decimal(1800), Decimal(1800 - self.idle_seconds))
        return Allowance((purse, idle), 3600.0)


def _stored(value: Json) -> Json:
    stored: Json = json.loads(json.dumps(value, ensure_ascii=False))
    return stored
