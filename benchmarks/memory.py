"""A journal in memory with no limits, for what is not about storing."""

from dataclasses import dataclass, field
from decimal import Decimal

from phases.core.allowance import Allowance, Bound, Limit
from phases.core.session import Assignment, Json, LedgerEntry, Opening, TurnRow

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

    async def begin(self, assignment: Assignment, opening: Opening) -> None:
        """Keep nothing: no session goes on behind another."""

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        entry: LedgerEntry,
        seconds: float,
    ) -> Allowance:
        """Note what was paid."""
        del n, request_sha256, reply, seconds
        self.ledger.append(entry)
        return await self.allowance(assignment.run)

    async def results(
        self, assignment: Assignment, n: int, results: tuple[Json, ...], snapshot: str | None
    ) -> None:
        """Keep nothing."""

    async def paid(self, assignment: Assignment, n: int, entry: LedgerEntry) -> int:
        """Note what was paid."""
        del assignment, n
        self.ledger.append(entry)
        return len(self.ledger)

    async def corrected(
        self, assignment: Assignment, n: int, number: int, entry: LedgerEntry | None
    ) -> None:
        """Change nothing: nobody reads it again."""

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
