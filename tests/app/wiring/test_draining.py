"""The rows of a session whose worker is being stopped."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app.durable.drain import Drain
from app.store.database import Database
from app.store.migrating import migrate
from app.store.money import Spending, SpendingLimits
from app.store.runs import Runs
from app.wiring.duty import DrainingJournal
from phases.core.session import LedgerEntry, Results, Tokens
from tests.app.claude.kit import assignment
from tests.app.store.story import running
from tests.fakes.outside import ManualClock

RESULTS = Results(({"type": "tool_result", "tool_use_id": "t", "content": "ok"},), None)


async def test_the_last_results_are_kept_and_nothing_more_is_asked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'phaseline.db'}"
    migrate(url)
    clock, drain = ManualClock(), Drain()
    tokens = Tokens(0, 0, 0, 0, 0)
    entry = LedgerEntry("m", 1, tokens, Decimal(1), "list", 0, 1, "", False, clock.now())
    async with Database(url) as database:
        run = await running(database, Runs(database, clock, Decimal(15)))
        spending = Spending(
            database, clock, SpendingLimits(Decimal(60), Decimal(200), Decimal(20), 1800.0)
        )
        journal = DrainingJournal(database, clock, spending, drain)
        given = replace(assignment(), run=run.id)
        asked = await journal.asks(given, 0, entry, None)
        reply = {"stop_reason": "tool_use", "content": []}
        await journal.reply(given, 0, "hash", reply, asked.number, entry, 1.0)
        drain.begin()
        before = (await journal.allowance(run.id)).money.left

        with pytest.raises(asyncio.CancelledError):
            await journal.asks(given, 1, entry, RESULTS)

        (row,) = await super(DrainingJournal, journal).turns(given.session)
        assert row.results == RESULTS.blocks
        assert (await journal.allowance(run.id)).money.left == before
