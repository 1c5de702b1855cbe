import asyncio
import json
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import pytest

from app.claude.warmth import Warmth
from phases.core.errors import DefectError
from phases.core.model import StepOutcome
from phases.core.session import Block, Prompt
from tests.app.claude.kit import (
    DEVELOPER,
    MODELS,
    PROMPT,
    READER,
    assignment,
    stage,
    submit,
)
from tests.app.claude.wire import (
    USAGE,
    Respond,
    Sent,
    Wire,
    by_turn,
    call,
    error,
    frames,
    in_order,
    reply,
    text,
)

HOUR = {"type": "ephemeral", "ttl": "1h"}
MOVING = {"type": "ephemeral"}


def markers(sent: Sent) -> list[tuple[int, int, dict[str, str]]]:
    """Return message, block and kind of each marker, in order."""
    return [
        (m, b, block["cache_control"])
        for m, message in enumerate(sent.body["messages"])
        for b, block in enumerate(message["content"])
        if "cache_control" in block
    ]


def shared(sent: Sent) -> str:
    """Return what two agents of a run share, as it was sent: up to the last 1h marker."""
    body = sent.body
    first = body["messages"][0]["content"]
    last = max(n for n, block in enumerate(first) if block.get("cache_control") == HOUR)
    return json.dumps([body["model"], body["tools"], body["system"], first[: last + 1]])


def as_cached(sent: Sent, until: int) -> str:
    """Return the first messages without their markers, which are no part of what is cached."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: bare(v) for k, v in value.items() if k != "cache_control"}
        return [bare(v) for v in value] if isinstance(value, list) else value

    body = sent.body
    return json.dumps([body["tools"], body["system"], bare(body["messages"][:until])])


async def test_two_agents_of_a_run_share_their_prefix_to_the_byte() -> None:
    role = replace(PROMPT, blocks=(*PROMPT.blocks[:2], Block("another role")))

    async with stage(by_turn(reply(submit()))) as at:
        await at.converse(assignment(agent=DEVELOPER))
        await at.converse(assignment(agent=READER, prompt=role))

    first, second = at.server.sent
    assert shared(first) == shared(second)
    assert first.body["messages"] != second.body["messages"]


async def test_four_markers_at_most_are_sent_the_last_two_at_the_ends_of_the_last_two_turns() -> (
    None
):
    work = [reply(text("So."), call("grep", {"pattern": f"a{n}"}, f"t{n}")) for n in range(3)]

    async with stage(by_turn(*work, reply(submit()))) as at:
        await at.converse()

    prompt = [(0, 0, HOUR), (0, 1, HOUR)]
    assert [markers(sent) for sent in at.server.sent] == [
        [*prompt, (0, 2, MOVING)],
        [*prompt, (0, 2, MOVING), (2, 0, MOVING)],
        [*prompt, (2, 0, MOVING), (4, 0, MOVING)],
        [*prompt, (4, 0, MOVING), (6, 0, MOVING)],
    ]


async def test_a_prompt_that_ends_in_a_marker_of_its_own_keeps_that() -> None:
    prompt = Prompt("system", (Block("all", "1h"),))

    async with stage(by_turn(reply(submit()))) as at:
        await at.converse(assignment(prompt=prompt))

    assert markers(at.server.sent[0]) == [(0, 0, HOUR)]


async def test_a_prompt_with_too_many_markers_is_a_defect() -> None:
    prompt = Prompt("system", tuple(Block(str(n), "1h") for n in range(3)))

    async with stage(by_turn(reply(submit()))) as at:
        with pytest.raises(DefectError, match="at most 2"):
            await at.converse(assignment(prompt=prompt))


async def test_what_was_sent_once_is_only_added_to() -> None:
    work = [reply(text("So."), call("bash", {"command": "x"}, f"t{n}")) for n in range(4)]

    async with stage(by_turn(*work, reply(text("Hm")), reply(submit()))) as at:
        await at.converse()

    for earlier, later in zip(at.server.sent, at.server.sent[1:], strict=False):
        length = len(earlier.body["messages"])
        assert as_cached(earlier, length) == as_cached(later, length)


async def test_the_tools_are_the_typed_ones_and_the_same_for_every_agent() -> None:
    async with stage(by_turn(reply(submit()))) as at:
        await at.converse(assignment(agent=DEVELOPER))
        await at.converse(assignment(agent=READER))

    tools = at.server.sent[0].body["tools"]
    assert tools[:2] == [
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
    ]
    assert [tool["name"] for tool in tools[2:]] == ["grep", "glob", "load_skill", "submit"]
    assert "strict" not in tools[-1]
    assert tools == at.server.sent[1].body["tools"]


async def test_submit_is_strict_only_on_models_that_are_set_to_it() -> None:
    models = replace(MODELS, strict=frozenset({"claude-sonnet-5-5"}))

    async with stage(by_turn(reply(submit())), models=models) as at:
        await at.converse()

    assert [tool.get("strict") for tool in at.server.sent[0].body["tools"]] == [None] * 5 + [True]


async def test_nothing_is_sent_that_these_models_refuse() -> None:
    async with stage(by_turn(reply(submit()))) as at:
        await at.converse()

    assert set(at.server.sent[0].body) == {
        *("model", "max_tokens", "system", "tools", "messages", "stream")
    }


class Asked:
    """Says when so many agents have asked."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._agents: set[str] = set()
        self._all = asyncio.Event()

    def then(self, wire: Wire) -> Respond:
        """Answer every request so."""

        def respond(sent: Sent) -> Wire:
            self._agents.add(sent.headers["x-phaseline-agent"])
            if len(self._agents) == self._count:
                self._all.set()
            return wire

        return respond

    async def all(self) -> None:
        """Wait for the last of them."""
        async with asyncio.timeout(10):
            await self._all.wait()


class CountingWarmth(Warmth):
    """Says when three sessions have come."""

    def __init__(self) -> None:
        super().__init__(patience_seconds=3600)
        self.came = 0
        self.all_came = asyncio.Event()

    async def join(self, key: Hashable) -> Callable[[], None]:
        self.came += 1
        if self.came == 3:
            self.all_came.set()
        return await super().join(key)


async def test_the_first_of_several_like_sessions_is_streaming_before_the_others_ask() -> None:
    gate, warmth = asyncio.Event(), CountingWarmth()
    gated = replace(reply(submit()), gate=gate)
    agents = [replace(READER, name=name) for name in ("a", "b", "c")]

    async with stage(by_turn(gated), warmth=warmth) as at:
        sessions = asyncio.gather(*(at.converse(assignment(agent=agent)) for agent in agents))
        await warmth.all_came.wait()
        await at.server.asked.wait()
        asked_while_cold = len(at.server.sent)
        gate.set()
        await sessions

    assert asked_while_cold == 1
    assert len(at.server.sent) == 3


async def test_a_first_session_that_fails_lets_the_others_go() -> None:
    agents = [replace(READER, name=name) for name in ("a", "b")]

    async with stage(
        in_order(error(400, "invalid_request_error"), reply(submit())), warmth=Warmth(3600)
    ) as at:
        ends = await asyncio.gather(*(at.converse(assignment(agent=agent)) for agent in agents))

    assert [end.outcome for end in ends] == [StepOutcome.INFRA_ERROR, StepOutcome.DONE]


async def test_who_waits_for_a_first_session_that_is_slow_goes_ahead() -> None:
    warmth = Warmth(patience_seconds=0.01)
    release = await warmth.join("key")

    await warmth.join("key")

    release()


async def test_who_comes_after_the_first_was_released_leads_itself() -> None:
    warmth = Warmth(patience_seconds=3600)
    release = await warmth.join("key")
    release()
    release()

    again = await warmth.join("key")

    again()


async def test_the_first_event_of_the_first_session_lets_the_others_go() -> None:
    gate, asked = asyncio.Event(), Asked(3)
    begun, *rest = frames(submit(), stop="tool_use", usage=USAGE)
    half = Wire(ahead=begun, body=b"".join(rest), gate=gate)
    agents = [replace(READER, name=name) for name in ("a", "b", "c")]

    async with stage(asked.then(half), warmth=Warmth(3600)) as at:
        sessions = asyncio.gather(*(at.converse(assignment(agent=agent)) for agent in agents))
        await asked.all()
        gate.set()
        ends = await sessions

    assert [end.outcome for end in ends] == [StepOutcome.DONE] * 3


async def test_sessions_of_unlike_prefix_do_not_wait_for_one_another() -> None:
    gate, asked = asyncio.Event(), Asked(2)
    given = [
        assignment(
            agent=replace(READER, name=f"a{n}"), prompt=Prompt("system", (Block(text, "1h"),))
        )
        for n, text in enumerate(["one", "other"])
    ]

    async with stage(asked.then(replace(reply(submit()), gate=gate)), warmth=Warmth(3600)) as at:
        sessions = asyncio.gather(*map(at.converse, given))
        await asked.all()
        gate.set()
        ends = await sessions

    assert [end.outcome for end in ends] == [StepOutcome.DONE] * 2
