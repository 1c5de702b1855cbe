"""A journal in memory with no limits, for what is not about storing."""

from dataclasses import dataclass, field
from decimal import Decimal

from phases.core.allowance import Allowance, Bound, Limit
from phases.core.session import Assignment, Json, LedgerEntry, Opening, Pending, Results, TurnRow

_PLENTY = Decimal(1_000_000)


@dataclass
class MemoryJournal:
    """Keeps nothing but what was paid."""

    ledger: list[LedgerEntry] = field(default_factory=list)

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        """Return nothing: every session begins here."""
        del session
        return ()

    async def opening(self, session: str) -> Opening | None:
        """Return nothing: every session begins here."""
        del session
        return None

    async def begin(self, assignment: Assignment, opening: Opening) -> Allowance:
        """Keep nothing: no session goes on behind another."""
        del opening
        return await self.allowance(assignment.run)

    async def asks(
        self, assignment: Assignment, n: int, estimate: LedgerEntry, results: Results | None
    ) -> Pending:
        """Let a request go out; its price is noted when it is answered."""
        del estimate
        if results is not None:
            await self.results(assignment, n - 1, results)
        return Pending(0, Decimal(0))

    async def settle(self, assignment: Assignment, number: int, entry: LedgerEntry | None) -> None:
        """Note what was paid."""
        del assignment, number
        if entry is not None:
            self.ledger.append(entry)

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
        """Note what was paid."""
        del n, request_sha256, reply, seconds
        await self.settle(assignment, number, entry)
        return await self.allowance(assignment.run)

    async def results(self, assignment: Assignment, n: int, results: Results) -> None:
        """Keep nothing."""

    async def keep_output(self, assignment: Assignment, n: int, call: int, text: str) -> bool:
        """Keep nothing, and say nothing of it."""
        del assignment, n, call, text
        return True

    async def output(self, session: str, n: int, call: int) -> str | None:
        """Return nothing."""
        del session, n, call
        return None

    async def allowance(self, run: str) -> Allowance:
        """Return more than anybody uses."""
        del run
        money = Bound(Limit.RUN_USD, _PLENTY, _PLENTY)
        return Allowance((money, Bound(Limit.IDLE_SECONDS, _PLENTY, _PLENTY)), 86_400.0)
