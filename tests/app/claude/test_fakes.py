"""The fakes of this room keep the promises of the ports they stand for."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.claude.prices import NOTHING
from app.claude.waiting import JitterPause, SystemWatch
from phases.core.errors import StaleSegmentError
from phases.core.session import LedgerEntry
from tests.app.claude.kit import assignment
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal
from tests.fakes.waiting import FakePause, FakeWatch

ENTRY = LedgerEntry(
    "model", NOTHING, Decimal("0.5"), "list 1", 0, 1, "req", datetime(2026, 1, 1, tzinfo=UTC)
)


async def test_a_row_can_be_written_once_and_is_paid_for_once() -> None:
    journal = FakeJournal(Decimal(2))
    await journal.reply(assignment(), 0, "hash", {"b": 1, "a": "é"}, ENTRY, 3.0)

    with pytest.raises(StaleSegmentError):
        await journal.reply(assignment(), 0, "hash", {}, ENTRY, 3.0)

    assert await journal.spendable("run-1") == Decimal("1.5")


async def test_a_row_comes_back_as_it_was_written_with_its_keys_in_order() -> None:
    journal = FakeJournal(Decimal(2))
    await journal.reply(assignment(), 0, "hash", {"b": 1, "a": "é"}, ENTRY, 3.0)
    (open_row,) = await journal.turns(assignment().session)
    await journal.results(assignment(), 0, ({"type": "text"},), "snap")

    (row,) = await journal.turns(assignment().session)

    assert list(open_row.reply) == ["b", "a"]
    assert open_row.results is None
    assert row == replace(open_row, results=({"type": "text"},), snapshot="snap")
    assert (row.cost_usd, row.seconds) == (Decimal("0.5"), 3.0)
    assert await journal.turns("another") == ()


async def test_a_desk_goes_back_to_a_snapshot_and_to_its_beginning() -> None:
    desk = FakeDesk()
    await desk.call("bash", {"command": "append a x"})
    name = await desk.snapshot()
    await desk.call("bash", {"command": "append a y"})

    assert name is not None
    await desk.restore(name)
    assert desk.files == {"a": "x"}
    await desk.begin_again()
    assert desk.files == {}


async def test_a_desk_answers_every_tool() -> None:
    desk = FakeDesk(files={"a": "x"})

    assert (await desk.call("bash", {"command": "true"})).text == "ran: true"
    assert (await desk.call("load_skill", {"name": "debug"})).text == "skill debug"
    assert (await desk.call("grep", {})).text == "a"
    assert (await desk.call("grep", {"path": "b"})).is_error


async def test_time_stands_still_until_it_is_moved() -> None:
    watch, pause = FakeWatch(), FakePause()
    before = watch.now()
    await pause.between(5, 10)

    watch.passed += 5

    assert (watch.now() - before).total_seconds() == watch.monotonic() == 5
    assert pause.asked == [(5, 10)]


async def test_the_real_watch_and_pause_do_as_the_fakes_do() -> None:
    watch = SystemWatch()
    before = watch.monotonic()

    await JitterPause().between(0, 0)

    assert watch.monotonic() >= before
    assert watch.now().tzinfo is UTC
