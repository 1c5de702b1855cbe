"""While a tool takes long, what is cached is renewed, until writing it again costs less."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from app.claude.keepalive import most_beats
from phases.core.model import StepOutcome
from phases.core.ports import ToolResult
from tests.app.claude.kit import Stage, stage, submit
from tests.app.claude.wire import Respond, Sent, Wire, by_turn, call, error, reply
from tests.fakes.desk import FakeDesk

USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 9_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 8_000, "ephemeral_1h_input_tokens": 1_000},
    "cache_read_input_tokens": 0,
    "output_tokens": 100,
}
BEAT = Wire(
    body=b'{"id": "m", "type": "message", "role": "assistant", "content": [],'
    b' "stop_reason": "max_tokens", "usage": {"input_tokens": 10, "output_tokens": 0,'
    b' "cache_read_input_tokens": 9000}}',
    headers={"content-type": "application/json"},
)


@dataclass
class SlowDesk(FakeDesk):
    """Its tools end when they are let."""

    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        await self.done.wait()
        return await super().call(tool, arguments)


def beats(at: Stage) -> list[Sent]:
    return [sent for sent in at.server.sent if sent.body["max_tokens"] == 0]


def serve(beat: Wire) -> Respond:
    turns = by_turn(
        reply(call("bash", {"command": "append f 1"}), usage=USAGE), reply(submit(), usage=USAGE)
    )
    return lambda sent: beat if sent.body["max_tokens"] == 0 else turns(sent)


async def rest_over(at: Stage, times: int) -> None:
    """Let that many rests pass, one after the other, until the server was asked."""
    for _ in range(times):
        await at.rest.begun.acquire()
        at.server.asked.clear()
        at.rest.over.release()
        await at.server.asked.wait()


async def test_a_long_tool_is_bridged_by_requests_for_nothing_that_are_on_the_ledger() -> None:
    async with stage(serve(BEAT)) as at:
        desk = SlowDesk()
        held = asyncio.create_task(at.converse(desk=desk))
        await rest_over(at, 2)
        desk.done.set()
        end = await held

    first, *sent = at.server.sent
    assert [one.body["max_tokens"] for one in sent] == [0, 0, 8_000]
    assert "stream" not in sent[0].body
    assert sent[0].body["messages"] == first.body["messages"]
    assert [entry.tokens.read for entry in at.journal.ledger] == [0, 9_000, 9_000, 0]
    assert end.outcome is StepOutcome.DONE
    assert end.cost_usd == sum(entry.cost_usd for entry in at.journal.ledger)
    assert end.turns == 2


async def test_keep_alives_count_the_same_after_a_restart() -> None:
    async with stage(serve(BEAT)) as at:
        desk = SlowDesk()
        held = asyncio.create_task(at.converse(desk=desk))
        await rest_over(at, 1)
        desk.done.set()
        first = await held
        second = await at.converse(desk=desk)

    assert second == first


async def test_a_keep_alive_that_fails_is_the_last_and_harms_nothing() -> None:
    async with stage(serve(error(529, "overloaded_error"))) as at:
        desk = SlowDesk()
        held = asyncio.create_task(at.converse(desk=desk))
        await rest_over(at, 1)
        desk.done.set()
        end = await held

    assert len(beats(at)) == 1
    assert at.pause.asked == []
    assert end.outcome is StepOutcome.DONE
    assert len(at.journal.ledger) == 2


async def test_a_keep_alive_that_was_under_way_when_its_service_died_is_on_the_ledger() -> None:
    endless = replace(BEAT, gate=asyncio.Event())

    async with stage(serve(endless)) as at:
        desk = SlowDesk()
        held = asyncio.create_task(at.converse(desk=desk))
        await rest_over(at, 1)
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)
        desk.done.set()
        end = await at.converse(desk=desk)

    # What the server says of the keep-alive has never arrived: it stands in BEAT.
    assert [(entry.tokens.uncached, entry.tokens.read) for entry in at.journal.ledger] == [
        (10, 0),
        (10, 9_000),
        (10, 0),
    ]
    assert end.cost_usd == sum(entry.cost_usd for entry in at.journal.ledger)


async def test_a_keep_alive_whose_answer_is_lost_counts_as_paid() -> None:
    async with stage(serve(replace(BEAT, cut=True, body=BEAT.body[:9]))) as at:
        desk = SlowDesk()
        held = asyncio.create_task(at.converse(desk=desk))
        await rest_over(at, 1)
        desk.done.set()
        end = await held

    assert [entry.tokens.read for entry in at.journal.ledger] == [0, 9_000, 0]
    assert end.cost_usd == sum(entry.cost_usd for entry in at.journal.ledger)


async def test_a_tool_that_is_done_at_once_sends_none() -> None:
    async with stage(serve(BEAT)) as at:
        await at.converse()

    assert beats(at) == []


async def test_a_session_that_is_cancelled_leaves_no_tool_running() -> None:
    async with stage(serve(BEAT)) as at:
        desk = SlowDesk()
        held = asyncio.create_task(at.converse(desk=desk))
        await rest_over(at, 1)
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)
        desk.done.set()

    assert desk.calls == []


@pytest.mark.parametrize(
    ("cached", "pinned", "most"), [(0, 0, 0), (10_000, 0, 11), (10_000, 5_000, 5), (9, 9, 0)]
)
def test_they_end_where_writing_again_is_cheaper(cached: int, pinned: int, most: int) -> None:
    assert most_beats(cached, pinned) == most
