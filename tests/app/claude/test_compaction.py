"""A conversation that has become long is summed up, on the wire and after every restart."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.claude.compaction import instructions_for, is_due
from phases.core.model import StepOutcome
from phases.core.work import PhaseName, WorkName
from tests.app.claude.kit import DEVELOPER, MODELS, READER, assignment, stage, submit
from tests.app.claude.wire import Respond, Sent, Wire, by_turn, call, error, reply, summary
from tests.app.claude.wire import whole as in_one_piece
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal

WORKING = replace(MODELS, working_tokens=10_000)
SHORT = {"input_tokens": 3_000, "output_tokens": 100}
LONG = {"input_tokens": 7_900, "output_tokens": 100}
HELD = {"input_tokens": 22_000, "output_tokens": 100}
SUMMARY = {"type": "compaction", "content": "I looked at f.", "signature": "signed"}
SUMMED_UP = summary(SUMMARY, {"input_tokens": 7_000, "output_tokens": 500})
LOOK = reply(call("grep", {"pattern": "f"}, "t0"), usage=SHORT)
EDIT = reply(call("bash", {"command": "append f 1"}, "t1"), usage=LONG)
DONE = reply(submit(), usage=SHORT)


def asks_for_summary(sent: Sent) -> bool:
    return "compaction" in sent.body


def serve(answer: Wire = SUMMED_UP, *after: Wire) -> Respond:
    """Answer the request for a summary so, and turns by what stands behind the summary."""
    return serve_turns(answer, LOOK, EDIT, *after)


def serve_turns(answer: Wire, *turns: Wire) -> Respond:
    """The same with all turns before the summary given."""
    before = by_turn(*turns)

    def respond(sent: Sent) -> Wire:
        if asks_for_summary(sent):
            return answer
        return DONE if "I looked at f." in str(sent.body["messages"][0]) else before(sent)

    return respond


async def test_at_four_fifths_of_the_budget_the_conversation_is_replaced_by_a_summary() -> None:
    async with stage(serve(), models=WORKING) as at:
        end = await at.converse()

    *_, asked, last = at.server.sent
    assert [asks_for_summary(sent) for sent in at.server.sent] == [False, False, True, False]
    assert asked.body["compaction"] == {
        "type": "summarize",
        "instructions": instructions_for(assignment()),
    }
    assert "stream" not in asked.body
    assert len(asked.body["messages"]) == 5
    assert len(last.body["messages"]) == 1
    assert [sent.headers.get("anthropic-beta") for sent in at.server.sent] == [
        None,
        None,
        "compact-2026-09-04",
        None,
    ]
    assert end.outcome is StepOutcome.DONE
    assert end.turns == 3


async def test_the_prompt_stays_as_it_was_and_behind_it_stand_summary_and_last_results() -> None:
    async with stage(serve(), models=WORKING) as at:
        await at.converse()

    first, last = (at.server.sent[n].body["messages"][0]["content"] for n in (0, -1))
    unmarked = {key: value for key, value in first[-1].items() if key != "cache_control"}
    assert last[:-1] == [*first[:-1], unmarked]
    assert "your own summary of it:\n\nI looked at f.\n\n" in last[-1]["text"]
    assert 'bash with {"command": "append f 1"} gave:\n(no output)' in last[-1]["text"]


async def test_it_is_summed_up_earlier_where_reading_it_again_has_cost_as_much_as_a_summary() -> (
    None
):
    look = [reply(call("grep", {"pattern": f"f{n}"}, f"t{n}"), usage=HELD) for n in range(40)]

    models = replace(MODELS, working_tokens=40_000)

    async with stage(serve_turns(SUMMED_UP, LOOK, *look), models=models) as at:
        await at.converse()

    # 3,000 tokens at first, 22,000 from then on: each turn reads 19,000 of them again, and a
    # summary costs 0.1 * 22,100 + 5 * 2,000 + 1.25 * 3,400.
    asked = [asks_for_summary(sent) for sent in at.server.sent]
    assert asked.index(True) == 1 + 9


@pytest.mark.parametrize(
    ("tokens", "read_again", "due"),
    [
        (64_000, 0, True),
        (63_999, 0, False),
        (40_000, 182_500, True),
        (40_000, 182_499, False),
        (39_999, 10_000_000, False),
    ],
)
def test_a_summary_is_due_at_four_fifths_of_the_budget_or_at_the_break_even_from_its_half_on(
    tokens: int, read_again: int, *, due: bool
) -> None:
    assert is_due(tokens, read_again, 80_000) is due
    assert not is_due(tokens, read_again, 0)


async def test_the_tokens_of_a_summary_are_on_the_ledger_by_its_iterations() -> None:
    async with stage(serve(), models=WORKING) as at:
        end = await at.converse()

    summed_up = at.journal.ledger[2]
    assert (summed_up.tokens.uncached, summed_up.tokens.output) == (7_000, 500)
    assert summed_up.iterations == 1
    assert end.cost_usd == sum(entry.cost_usd for entry in at.journal.ledger)


@pytest.mark.parametrize("rows", range(1, 5))
@pytest.mark.parametrize("answered", [True, False])
async def test_a_session_that_was_summed_up_goes_on_after_a_restart_to_the_byte(
    rows: int, caplog: pytest.LogCaptureFixture, *, answered: bool
) -> None:
    async with stage(serve(), models=WORKING) as at:
        first = await at.converse()
        before = [sent.body for sent in at.server.sent]
        at.journal.forget(assignment().session, rows)
        kept = at.journal.rows[assignment().session]
        if not answered:
            kept[-1] = replace(kept[-1], results=None)
        end = await at.converse(desk=FakeDesk(kept=at.desk.kept))

    assert end == first
    assert [sent.body for sent in at.server.sent[4:]] == before[rows:]
    assert "differs" not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        summary({**SUMMARY, "content": None}, {"input_tokens": 7_000, "output_tokens": 0}),
        in_one_piece({"type": "text", "text": "No."}, stop="refusal"),
        error(400, "invalid_request_error"),
    ],
    ids=["empty", "refused", "not taken"],
)
async def test_without_a_summary_the_session_goes_on_and_asks_for_no_other_at_once(
    answer: Wire,
) -> None:
    async with stage(serve(answer, EDIT_AGAIN, DONE), models=WORKING) as at:
        end = await at.converse()

    assert sum(asks_for_summary(sent) for sent in at.server.sent) == 1
    assert end.outcome is StepOutcome.DONE
    assert end.cost_usd == sum(entry.cost_usd for entry in at.journal.ledger)


EDIT_AGAIN = reply(call("bash", {"command": "append f 2"}, "t2"), usage=LONG)


async def test_a_summary_that_was_not_to_be_had_is_asked_for_again_behind_some_more_turns() -> None:
    grown = reply(
        call("bash", {"command": "append f 3"}, "t3"),
        usage={"input_tokens": 9_900, "output_tokens": 100},
    )
    refused = in_one_piece({"type": "text", "text": "No."}, stop="refusal")

    async with stage(serve(refused, EDIT_AGAIN, grown, DONE), models=WORKING) as at:
        await at.converse()

    asked = [asks_for_summary(sent) for sent in at.server.sent]
    assert asked == [False, False, True, False, False, True, False]


async def test_what_a_summary_replaces_is_not_told_as_a_miss_of_the_cache(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cached = {"input_tokens": 0, "cache_creation_input_tokens": 7_900, "output_tokens": 100}
    edit = reply(call("bash", {"command": "append f 1"}, "t1"), usage=cached)

    async with stage(serve_turns(SUMMED_UP, LOOK, edit), models=WORKING) as at:
        await at.converse()

    assert len(at.server.sent) == 4
    assert "cache missed" not in caplog.text


async def test_an_outage_at_a_summary_puts_the_session_off_and_loses_nothing() -> None:
    async with stage(serve(error(529, "overloaded_error")), models=WORKING) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.INFRA_ERROR
    assert end.setback is not None
    assert len(at.journal.rows[assignment().session]) == 2


async def test_a_session_that_wraps_up_is_not_summed_up_any_more() -> None:
    journal = FakeJournal(Decimal("0.05"))

    async with stage(serve(SUMMED_UP, DONE), models=WORKING, journal=journal) as at:
        end = await at.converse()

    assert not any(asks_for_summary(sent) for sent in at.server.sent)
    assert end.outcome is StepOutcome.DONE


async def test_no_budget_is_no_summary() -> None:
    async with stage(serve(SUMMED_UP, DONE)) as at:
        await at.converse()

    assert not any(asks_for_summary(sent) for sent in at.server.sent)


def _given(agent: Any, phase: PhaseName) -> str:
    return instructions_for(replace(assignment(agent=agent), name=WorkName(phase, agent.name, 1)))


def test_what_a_summary_keeps_depends_on_the_kind_of_the_step() -> None:
    debugger = replace(READER, name="debugger", outputs=("diagnosis.md",))
    reader = replace(READER, may_write=())

    assert "interfaces" in _given(DEVELOPER, PhaseName.IMPLEMENTATION)
    assert "final fix" in _given(DEVELOPER, PhaseName.QA)
    assert "final fix" in _given(debugger, PhaseName.QA)
    assert "decisions" in _given(reader, PhaseName.PLANNING)
    assert "decisions" in _given(reader, PhaseName.QA)
