"""A process that holds one session and is killed at it: `python -m tests.durability.holding`.

Its tool never ends, and is bridged by keep-alives; or, with `quick`, it ends at once; or, with
`summing`, it does, and the conversation is soon long enough to be summed up.
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from app.claude.models import Models
from app.clock import SystemClock
from app.store.database import Database
from app.store.journal import StoredJournal
from app.store.money import Spending, SpendingLimits
from phases.core.ports import ToolResult
from tests.app.claude.kit import MODELS, READER, accept, assignment, room
from tests.fakes.desk import FakeDesk
from tests.fakes.waiting import FakePause, FakeRest, FakeWatch

LIMITS = SpendingLimits(Decimal(60), Decimal(200), Decimal(20), 1800.0)
GIVEN = assignment(agent=READER)
SOON_LONG = replace(MODELS, working_tokens=10_000)


class EndlessDesk(FakeDesk):
    """Its tools never end."""

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        await asyncio.Event().wait()
        raise AssertionError(tool, arguments)


def journal_of(database: Database) -> StoredJournal:
    """Return the journal over a database."""
    clock = SystemClock()
    return StoredJournal(database, clock, Spending(database, clock, LIMITS))


async def hold(server: str, url: str, run: str, desk: FakeDesk, models: Models) -> None:
    """Hold the session until somebody ends the process."""
    quick = not isinstance(desk, EndlessDesk)
    rest = FakeRest() if quick else FakePause()
    async with Database(url) as database:
        journal = journal_of(database)
        async with room(server, journal, FakePause(), rest, FakeWatch(), models) as sessions:
            await sessions.converse(replace(GIVEN, run=run), desk, accept)


if __name__ == "__main__":
    server, url, run, pace = sys.argv[1:]
    desk = EndlessDesk() if pace == "slow" else FakeDesk()
    asyncio.run(hold(server, url, run, desk, SOON_LONG if pace == "summing" else MODELS))
