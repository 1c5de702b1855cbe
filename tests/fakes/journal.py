"""A journal in memory with the store's manners: rows once, JSON as text, money counted."""

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal

from phases.core.allowance import Allowance, Bound, Limit
from phases.core.errors import StaleSegmentError
from phases.core.session import Assignment, Json, LedgerEntry, Opening, Pending, Results, TurnRow


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
    requests: dict[int, tuple[str, int, LedgerEntry]] = field(default_factory=dict)
    openings: dict[str, Opening] = field(default_factory=dict)
    outputs: dict[tuple[str, int, int], str] = field(default_factory=dict)
    full: bool = False
    _asked: int = 0

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        return tuple(
            replace(row, cost_usd=self._spent_on(session, row.n))
            for row in self.rows.get(session, ())
        )

    async def opening(self, session: str) -> Opening | None:
        return self.openings.get(session)

    async def begin(self, assignment: Assignment, opening: Opening) -> Allowance:
        if assignment.session in self.openings:
            raise StaleSegmentError(f"{assignment.session} has begun already")
        self.openings[assignment.session] = opening
        return await self.allowance(assignment.run)

    def forget(self, session: str, n: int) -> None:
        """Lose everything of a session from row `n` on."""
        del self.rows[session][n:]
        for number, (of, row, _) in list(self.requests.items()):
            if of == session and row >= n:
                del self.requests[number]

    @property
    def ledger(self) -> list[LedgerEntry]:
        """The entries of all requests, in the order in which they were asked."""
        return [entry for _, _, entry in self.requests.values()]

    async def asks(
        self, assignment: Assignment, n: int, estimate: LedgerEntry, results: Results | None
    ) -> Pending:
        if results is not None:
            self._complete(assignment, n - 1, results)
        before = self._spent_on(assignment.session, n)
        self._asked += 1
        self.requests[self._asked] = (assignment.session, n, estimate)
        return Pending(self._asked, before)

    async def settle(self, assignment: Assignment, number: int, entry: LedgerEntry | None) -> None:
        session, n, _ = self.requests[number]
        assert session == assignment.session
        if entry is None:
            del self.requests[number]
        else:
            self.requests[number] = (session, n, entry)

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        number: int,
        entry: LedgerEntry,
        seconds: float,
    ) -> Allowance:
        await self.settle(assignment, number, entry)
        rows = self.rows.setdefault(assignment.session, [])
        if n != len(rows):
            raise StaleSegmentError(f"row {n} of {assignment.session} is there already")
        stored, nothing = _stored(reply), Decimal(0)
        rows.append(TurnRow(n, request_sha256, stored, None, None, nothing, seconds, entry.at))
        return await self.allowance(assignment.run)

    def _spent_on(self, session: str, n: int) -> Decimal:
        spent = (e.cost_usd for s, row, e in self.requests.values() if (s, row) == (session, n))
        return sum(spent, Decimal(0))

    async def results(self, assignment: Assignment, n: int, results: Results) -> None:
        self._complete(assignment, n, results)

    def _complete(self, assignment: Assignment, n: int, results: Results) -> None:
        rows = self.rows[assignment.session]
        stored = tuple(_stored(result) for result in results.blocks)
        rows[n] = replace(rows[n], results=stored, snapshot=results.snapshot)

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
