"""What was sent back is revised in the conversation in which it was made."""

from dataclasses import replace

import pytest

from phases.core.model import StepOutcome
from phases.core.session import Assignment, Block, Earlier, Prompt
from phases.core.work import PhaseName, WorkName
from tests.app.claude.kit import MODELS, PROMPT, READER, assignment, stage, submit
from tests.app.claude.wire import Respond, Sent, Wire, by_turn, call, reply, summary, text

FIRST = assignment(agent=READER)
SECOND = replace(
    FIRST,
    session="the second round",
    name=WorkName(PhaseName.PLANNING, READER.name, 2),
    prompt=Prompt(PROMPT.system, (*PROMPT.blocks, Block("Answer F1."))),
    earlier=Earlier(FIRST.session, FIRST.prompt),
)
LOOK = reply(text("I look."), call("grep", {"pattern": "f"}, "t0"))
PLANNED = reply(submit("t1"))
LOOK_AGAIN = reply(call("grep", {"pattern": "g"}, "t2"))
REVISED = reply(submit("t3"))
TURNS = (LOOK, PLANNED, LOOK_AGAIN, REVISED)


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
    assert asked.last[1]["text"].endswith("Answer F1.")
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
        del at.journal.rows[SECOND.session][rows:]
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
        (replace(SECOND, earlier=Earlier("never held", FIRST.prompt)), 0),
        (replace(SECOND, earlier=Earlier(FIRST.session, SECOND.prompt)), 0),
        (SECOND, 2_000),
    ],
    ids=["not on record", "was told something else", "too long"],
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
