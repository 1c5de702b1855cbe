"""What was sent back is revised in the conversation in which it was made."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.claude.course import Course
from app.claude.revising import is_cheaper
from phases.core.agent import Tier
from phases.core.model import StepOutcome
from phases.core.session import Assignment, Block, Opening, Prompt
from phases.core.work import PhaseName, WorkName
from tests.app.claude.kit import MODELS, PROMPT, READER, assignment, stage, submit
from tests.app.claude.wire import Respond, Sent, Wire, by_turn, call, reply, summary, text

FIRST = assignment(agent=READER)
SECOND = replace(
    FIRST,
    session="the second round",
    name=WorkName(PhaseName.PLANNING, READER.name, 2),
    prompt=Prompt(PROMPT.system, (*PROMPT.blocks, Block("Answer F1."))),
    earlier=FIRST.session,
)
LOOK = reply(text("I look."), call("grep", {"pattern": "f"}, "t0"))
PLANNED = reply(submit("t1"))
LOOK_AGAIN = reply(call("grep", {"pattern": "g"}, "t2"))
REVISED = reply(submit("t3"))
TURNS = (LOOK, PLANNED, LOOK_AGAIN, REVISED)
THIRD = replace(
    SECOND,
    session="the third round",
    name=WorkName(PhaseName.PLANNING, READER.name, 3),
    prompt=Prompt(PROMPT.system, (*PROMPT.blocks[:2], Block("another role"), Block("Answer F2."))),
    earlier=SECOND.session,
)


def bare(sent: Sent) -> list[object]:
    """Return the messages of a request without the markers of the cache."""
    return [
        [{k: v for k, v in block.items() if k != "cache_control"} for block in message["content"]]
        for message in sent.body["messages"]
    ]


async def test_a_revision_adds_to_the_conversation_what_is_asked_now() -> None:
    async with stage(by_turn(*TURNS)) as at:
        await at.converse(FIRST)
        end = await at.converse(SECOND)

    _, submitted, asked, last = at.server.sent
    assert bare(asked)[:3] == bare(submitted)
    assert [block["type"] for block in asked.last] == ["tool_result", "text"]
    assert asked.last[1]["text"].split("\n\n")[1:] == ["Answer F1."]
    assert [s.headers.get("x-phaseline-replies-before") for s in (submitted, asked, last)] == [
        None,
        "2",
        "2",
    ]
    assert (end.outcome, end.turns) == (StepOutcome.DONE, 2)
    assert [row.n for row in at.journal.rows[SECOND.session]] == [0, 1]


@pytest.mark.parametrize("rows", [1, 2])
async def test_a_revision_goes_on_after_a_restart_to_the_byte(
    rows: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(by_turn(*TURNS)) as at:
        await at.converse(FIRST)
        first = await at.converse(SECOND)
        before = [sent.body for sent in at.server.sent[2:]]
        # What was settled once is not asked again, however cold the conversation is by now.
        at.watch.passed += 3600
        at.journal.forget(SECOND.session, rows)
        end = await at.converse(SECOND)

    assert end == first
    assert [sent.body for sent in at.server.sent[4:]] == before[rows:]
    assert "differs" not in caplog.text


def fresh(respond: Respond) -> Respond:
    """Answer a session that begins anew as the second round is answered."""
    anew = by_turn(LOOK_AGAIN, REVISED)
    return lambda sent: (
        anew(sent) if "Answer F1." in str(sent.body["messages"][0]) else (respond(sent))
    )


@pytest.mark.parametrize(
    ("second", "working"),
    [
        (replace(SECOND, earlier="never held"), 0),
        (replace(SECOND, tier=Tier.OPUS), 0),
        (SECOND, 2_000),
    ],
    ids=["not on record", "another model", "too long"],
)
async def test_a_conversation_that_cannot_be_gone_on_with_is_handed_over_as_text(
    second: Assignment, working: int
) -> None:
    models = replace(MODELS, working_tokens=working)

    async with stage(fresh(by_turn(*TURNS)), models=models) as at:
        await at.converse(FIRST)
        end = await at.converse(second)

    asked = at.server.sent[2]
    assert len(asked.body["messages"]) == 1
    assert "x-phaseline-replies-before" not in asked.headers
    assert end.outcome is StepOutcome.DONE


async def test_behind_a_summary_stands_still_what_is_asked_now() -> None:
    long = {"input_tokens": 9_000, "output_tokens": 100}
    turns = by_turn(LOOK, PLANNED, reply(call("grep", {"pattern": "g"}, "t2"), usage=long))
    block = {"type": "compaction", "content": "I looked at g.", "signature": "s"}

    def respond(sent: Sent) -> Wire:
        if "compaction" in sent.body:
            return summary(block, long)
        return REVISED if "I looked at g." in str(sent.last) else turns(sent)

    async with stage(respond, models=replace(MODELS, working_tokens=10_000)) as at:
        await at.converse(FIRST)
        end = await at.converse(SECOND)

    (message,) = at.server.sent[-1].body["messages"]
    assert [block["text"] for block in message["content"]][: len(PROMPT.blocks)] == [
        block.text for block in PROMPT.blocks
    ]
    assert "Answer F1." in str(message)
    assert end.outcome is StepOutcome.DONE


async def test_a_second_revision_goes_on_behind_the_first_with_what_has_not_been_said() -> None:
    third = (*TURNS, reply(submit("t4")))

    async with stage(by_turn(*third)) as at:
        await at.converse(FIRST)
        await at.converse(SECOND)
        end = await at.converse(THIRD)

    before, asked = at.server.sent[-2:]
    assert bare(asked)[: len(bare(before))] == bare(before)
    assert asked.last[1]["text"].split("\n\n")[1:] == ["another role", "Answer F2."]
    assert asked.headers["x-phaseline-replies-before"] == "4"
    assert end.turns == 1
    assert at.journal.openings[THIRD.session] == Opening(
        ("another role", "Answer F2."), SECOND.session
    )


async def test_a_second_revision_after_a_first_that_began_anew_goes_on_behind_that() -> None:
    turns = (LOOK_AGAIN, REVISED, reply(submit("t4")))

    async with stage(by_turn(*turns)) as at:
        await at.converse(replace(SECOND, earlier=None))
        await at.converse(THIRD)

    first, _, asked = at.server.sent
    assert bare(asked)[0] == bare(first)[0]
    assert asked.headers["x-phaseline-replies-before"] == "2"


async def test_a_conversation_that_has_left_the_cache_is_begun_anew_and_stays_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with stage(fresh(by_turn(*TURNS))) as at:
        await at.converse(FIRST)
        at.watch.passed += 300
        await at.converse(SECOND)
        at.journal.forget(SECOND.session, 1)
        await at.converse(SECOND)

    assert len(at.server.sent[2].body["messages"]) == 1
    assert at.server.sent[4].body == at.server.sent[3].body
    assert "differs" not in caplog.text
    assert at.journal.openings[SECOND.session].earlier is None


def held(tokens: int, turns: int) -> Course:
    """Return a conversation of so many turns, 10,000 tokens of it shared with other agents."""
    return Course(tokens=10_000 + tokens, pinned=10_000, turns=turns)


@pytest.mark.parametrize(
    ("tokens", "work", "idle_seconds", "cheaper"),
    [
        # 30,000 tokens are read for 3,000 units and in four turns for 12,000; anew, 4,000 are
        # written for 5,000 and read for 1,600, and a quarter of the work is done again.
        (30_000, 34_000, 60, True),
        (30_000, 33_000, 60, False),
        # Written anew they cost 37,500 and 12,000.
        (30_000, 171_000, 600, False),
        (30_000, 172_000, 600, True),
    ],
)
def test_going_on_is_held_against_beginning_anew(
    tokens: int, work: float, idle_seconds: float, *, cheaper: bool
) -> None:
    assert is_cheaper(held(tokens, 16), work, 4_000, idle_seconds) is cheaper


def test_only_the_shared_part_of_a_conversation_gone_on_with_is_kept_for_an_hour() -> None:
    first = {
        "input_tokens": 0,
        "cache_creation_input_tokens": 9_000,
        "cache_creation": {"ephemeral_5m_input_tokens": 8_000, "ephemeral_1h_input_tokens": 1_000},
        "output_tokens": 100,
    }
    read = {"input_tokens": 0, "cache_read_input_tokens": 9_000, "output_tokens": 100}
    course, behind = Course(), Course()
    course.take_reply({"stop_reason": "tool_use", "content": [], "usage": first}, Decimal(1), 1.0)

    behind.follow(course)
    behind.take_reply({"stop_reason": "tool_use", "content": [], "usage": read}, Decimal(1), 1.0)

    assert (behind.cached, behind.pinned, behind.read_again) == (9_000, 1_000, 0)
