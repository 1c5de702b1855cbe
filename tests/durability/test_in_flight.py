"""What a death leaves on the ledger that comes while a request to the model is under way."""

import asyncio
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from app.claude.account import REPLY_TOKENS
from app.clock import SystemClock
from app.store.database import Database
from app.store.migrating import migrate
from app.store.runs import Runs
from phases.core.allowance import Limit
from phases.core.model import StepOutcome
from tests.app.claude.kit import accept, room, submit
from tests.app.claude.wire import Sent, Server, Wire, call, reply, serving, summary
from tests.app.store.story import running
from tests.durability.holding import GIVEN, SOON_LONG, journal_of
from tests.fakes.desk import FakeDesk
from tests.fakes.waiting import FakePause, FakeRest, FakeWatch

USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 9_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 8_000, "ephemeral_1h_input_tokens": 1_000},
    "output_tokens": 100,
}


async def begun(tmp_path: Path) -> tuple[str, str]:
    """Return the URL of a new database and the id of a run that is under way in it."""
    url = f"sqlite:///{tmp_path / 'phaseline.db'}"
    migrate(url)
    async with Database(url) as database:
        return url, (await running(database, Runs(database, SystemClock(), Decimal(15)))).id


def never() -> Wire:
    """Return a reply that begins and does not go on."""
    return Wire(gate=asyncio.Event())


async def killed(server: Server, url: str, run: str, pace: str, requests: int) -> None:
    """Hold the session in a process that is killed when the server has so many requests."""
    line = ("-m", "tests.durability.holding", server.url, url, run, pace)
    process = await asyncio.create_subprocess_exec(sys.executable, *line)
    while len(server.sent) < requests:
        assert process.returncode is None
        server.asked.clear()
        await server.asked.wait()
    process.kill()
    await process.wait()


async def test_each_request_that_a_death_cut_off_is_on_the_ledger_without_an_answer(
    tmp_path: Path,
) -> None:
    url, run = await begun(tmp_path)
    endless = never()
    lives = 0

    def respond(sent: Sent) -> Wire:
        if sent.body["max_tokens"] == 0:
            return endless
        if sent.turn == 0:
            return reply(call("grep", {"pattern": "x"}), usage=USAGE)
        return endless if lives == 1 else reply(submit(), usage=USAGE)

    async with serving(respond) as server:
        await killed(server, url, run, "slow", 2)
        lives = 1
        await killed(server, url, run, "quick", 3)
        lives = 2
        async with Database(url) as database:
            journal = journal_of(database)
            async with room(server.url, journal, FakePause(), FakeRest(), FakeWatch()) as sessions:
                end = await sessions.converse(replace(GIVEN, run=run), FakeDesk(), accept)
            left = (await journal.allowance(run)).of(Limit.RUN_USD).left

    assert [sent.body["max_tokens"] for sent in server.sent] == [8_000, 0, 8_000, 8_000]
    query = "select n, answered, uncached, written_5m, written_1h, read, output from ledger"
    with closing(sqlite3.connect(tmp_path / "phaseline.db")) as connection:
        first, touch, lost, last = connection.execute(f"{query} order by id").fetchall()
        (nano,) = connection.execute("select sum(cost) from ledger").fetchone()
    assert first == (0, 1, 10, 8_000, 1_000, 0, 100)
    assert touch == (0, 0, 10, 0, 0, 9_000, 0)
    written = len(str(server.sent[2].body)) // 4 - 1_000
    assert (lost[:3], lost[4:]) == ((1, 0, 0), (0, 1_000, REPLY_TOKENS))
    assert lost[3] > written
    assert last == (1, 1, 10, 8_000, 1_000, 0, 100)
    assert end.outcome is StepOutcome.DONE
    assert end.cost_usd == Decimal(nano).scaleb(-9) == Decimal(15) - left


async def test_a_summary_that_a_death_cut_off_is_asked_for_once_more_and_nothing_before_it(
    tmp_path: Path,
) -> None:
    url, run = await begun(tmp_path)
    short = {"input_tokens": 3_000, "output_tokens": 100}
    long = {"input_tokens": 7_900, "output_tokens": 100}
    block = {"type": "compaction", "content": "I looked at x.", "signature": "signed"}
    answers = [never(), summary(block, long)]

    def respond(sent: Sent) -> Wire:
        if "compaction" in sent.body:
            return answers.pop(0)
        summed_up = "I looked at x." in str(sent.body["messages"][0])
        again = call("grep", {"pattern": "x"}, f"t{sent.turn}")
        if summed_up:
            return reply(submit(), usage=short)
        return reply(again, usage=long if sent.turn else short)

    async with serving(respond) as server:
        await killed(server, url, run, "summing", 3)
        async with (
            Database(url) as database,
            room(
                server.url, journal_of(database), FakePause(), FakeRest(), FakeWatch(), SOON_LONG
            ) as sessions,
        ):
            end = await sessions.converse(replace(GIVEN, run=run), FakeDesk(), accept)

    summaries = [sent.body for sent in server.sent if "compaction" in sent.body]
    assert len(server.sent) == len(summaries) + 3
    assert summaries[0] == summaries[1]
    with closing(sqlite3.connect(tmp_path / "phaseline.db")) as connection:
        paid = connection.execute("select n, answered from ledger order by id").fetchall()
    assert paid == [(0, 1), (1, 1), (2, 0), (2, 1), (3, 1)]
    assert end.outcome is StepOutcome.DONE
