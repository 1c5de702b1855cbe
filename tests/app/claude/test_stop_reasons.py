from dataclasses import replace

import pytest

from phases.core.model import StepOutcome
from tests.app.claude.kit import LIMITS, assignment, stage, submit
from tests.app.claude.wire import by_turn, call, reply, text

BASH = call("bash", {"command": "append a x"})


async def test_words_instead_of_a_submission_are_answered_twice_and_then_end_the_session() -> None:
    async with stage(by_turn(*(reply(text("All done!")) for _ in range(3)))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.NO_OUTPUT
    assert "instead of calling `submit`, 3 times" in end.reason
    assert [sent.last[-1]["text"][:22] for sent in at.server.sent[1:]] == [
        "Your step is not over:",
        "Your step is not over:",
    ]


async def test_a_session_reminded_twice_can_still_submit() -> None:
    respond = by_turn(reply(text("Done.")), reply(text("Really.")), reply(submit()))

    async with stage(respond) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE


async def test_an_empty_reply_is_answered_like_words_and_sent_back_as_the_api_takes_it() -> None:
    async with stage(by_turn(reply(), reply(text(" ")), reply(submit()))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert at.server.sent[2].body["messages"][1]["content"] == [text("(no words)")]
    assert at.server.sent[2].body["messages"][3]["content"] == [text("(no words)")]


async def test_a_stop_sequence_counts_as_words() -> None:
    async with stage(by_turn(reply(text("Done"), stop="stop_sequence"), reply(submit()))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert "call `submit`" in at.server.sent[1].last[0]["text"]


async def test_tool_use_without_a_tool_counts_as_words() -> None:
    async with stage(by_turn(reply(text("Hm"), stop="tool_use"), reply(submit()))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE


async def test_a_whole_tool_call_runs_though_the_reply_says_end_turn() -> None:
    async with stage(by_turn(reply(BASH, stop="end_turn"), reply(submit()))) as at:
        await at.converse()

    assert at.desk.files == {"a": "x"}


async def test_a_tool_call_in_a_cut_reply_never_runs_and_the_next_has_more_room() -> None:
    cut = call("bash", '{"command": "append a rm -rf')
    async with stage(
        by_turn(reply(BASH, cut | {"id": "t2"}, stop="max_tokens"), reply(submit()))
    ) as at:
        end = await at.converse()

    first, second = at.server.sent
    assert end.outcome is StepOutcome.DONE
    assert at.desk.calls == []
    assert first.body["max_tokens"] == 8_000
    assert second.body["max_tokens"] == 16_000
    assert [block.get("is_error") for block in second.last] == [True, True, None]
    assert "smaller parts" in second.last[-1]["text"]
    assert second.body["messages"][1]["content"][1]["input"] == {
        "INVALID_JSON": '{"command": "append a rm -rf'
    }


async def test_a_cut_call_whose_json_is_whole_by_chance_does_not_run_either() -> None:
    async with stage(by_turn(reply(BASH, stop="max_tokens"), reply(submit()))) as at:
        await at.converse()

    assert at.desk.calls == []


async def test_a_cut_submission_is_not_accepted() -> None:
    async with stage(
        by_turn(reply(submit("t1"), stop="max_tokens"), reply(text("No.")), reply(submit()))
    ) as at:
        end = await at.converse()

    assert end.turns == 3


async def test_cut_words_are_continued_once_and_then_end_the_session() -> None:
    respond = by_turn(*(reply(text("La la"), stop="max_tokens") for _ in range(2)))

    async with stage(respond) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.NO_OUTPUT
    assert "cut for its length twice" in end.reason


async def test_a_cut_long_after_another_is_continued_again() -> None:
    respond = by_turn(
        reply(text("La"), stop="max_tokens"),
        reply(BASH),
        reply(text("La"), stop="max_tokens"),
        reply(submit()),
    )

    async with stage(respond) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert [s.body["max_tokens"] for s in at.server.sent] == [8_000, 16_000, 8_000, 16_000]


async def test_a_pause_is_continued_with_nothing_said_by_us() -> None:
    async with stage(by_turn(reply(text("Wait"), stop="pause_turn"), reply(submit()))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert at.server.sent[1].body["messages"][-1] == {
        "role": "assistant",
        "content": [text("Wait")],
    }


async def test_a_pause_does_not_count_as_words() -> None:
    pauses = [reply(text("Wait"), stop="pause_turn") for _ in range(2)]
    words = [reply(text("Done.")) for _ in range(2)]

    async with stage(by_turn(*pauses, *words, reply(submit()))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE


async def test_pauses_without_end_run_into_the_limit_of_turns() -> None:
    respond = by_turn(*(reply(text("Wait"), stop="pause_turn") for _ in range(4)))
    given = assignment(limits=replace(LIMITS, turns=4))

    async with stage(respond) as at:
        end = await at.converse(given)

    assert end.outcome is StepOutcome.NO_OUTPUT
    assert end.turns == 4


async def test_a_refusal_ends_the_session_with_what_was_said_and_runs_nothing() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Not this."}
    async with stage(by_turn(reply(BASH, stop="refusal", stop_details=details))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.REFUSED
    assert end.reason == "The model refused to go on (cyber: Not this.)."
    assert at.desk.calls == []


async def test_a_refusal_without_details_is_one_all_the_same() -> None:
    async with stage(by_turn(reply(text("No."), stop="refusal"))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.REFUSED


async def test_a_full_context_window_is_not_a_success() -> None:
    wire = reply(submit(), stop="model_context_window_exceeded")

    async with stage(by_turn(wire)) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.NO_OUTPUT
    assert "context window" in end.reason


@pytest.mark.parametrize("stop", ["compaction", "novelty"])
async def test_an_unknown_stop_reason_is_named_and_is_not_a_success(stop: str) -> None:
    async with stage(by_turn(reply(submit(), stop=stop))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.NO_OUTPUT
    assert stop in end.reason


async def test_a_call_with_malformed_json_is_answered_and_does_not_run() -> None:
    respond = by_turn(reply(call("bash", '{"command": append')), reply(submit()))

    async with stage(respond) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert at.desk.calls == []
    assert "not a JSON object" in at.server.sent[1].last[0]["content"]
