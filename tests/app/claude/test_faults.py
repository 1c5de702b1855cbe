import json
import math
from decimal import Decimal

import pytest

from phases.core.errors import Later
from phases.core.model import StepOutcome
from tests.app.claude.kit import accept, assignment, room, stage, submit
from tests.app.claude.wire import USAGE, Wire, error, frame, frames, in_order, reply, serving
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal
from tests.fakes.waiting import FakePause, FakeRest, FakeWatch

WHOLE = frames(submit(), stop="tool_use", usage=USAGE)
CUT = Wire(body=b"".join(WHOLE[:5]), cut=True)
OVERLOADED = frame("error", {"error": {"type": "overloaded_error", "message": "Overloaded"}})

UNREACHED = "the model API could not be reached"

PASSING = {
    "429": error(429, "rate_limit_error"),
    "529": error(529, "overloaded_error"),
    "500": error(500, "api_error"),
    "503 in words": Wire(503, b"<html>", {"content-type": "text/html"}),
    "408": error(408, "timeout_error"),
    "connection dropped before the reply": Wire(silent=True),
    "empty 200": Wire(),
    "empty 200 of another type": Wire(body=b"{}", headers={"content-type": "application/json"}),
    "cut in the middle": CUT,
    "cut before the first event": Wire(cut=True),
    "ended in the middle": Wire(body=b"".join(WHOLE[:-1])),
    "ended without a stop reason": Wire(body=b"".join(frames(submit(), stop=None, usage=USAGE))),
    "error event at once": Wire(body=OVERLOADED),
    "error event in the middle": Wire(body=b"".join([*WHOLE[:5], OVERLOADED])),
    "event that is no JSON": Wire(body=WHOLE[0] + b"event: message_delta\ndata: {\n\n"),
    "event with a number that is no JSON": Wire(
        body=b"".join(frames(submit(), stop="tool_use", usage=USAGE | {"output_tokens": math.nan}))
    ),
    "event without its fields": Wire(body=WHOLE[0] + frame("content_block_start", {"index": 0})),
    "delta of unknown kind": Wire(
        body=b"".join(WHOLE[:3])
        + frame("content_block_delta", {"index": 0, "delta": {"type": "?"}})
    ),
}

REFUSED = {"429", "529", "500", "503 in words", "408"}
"""Nothing of these is paid; of the others perhaps: their requests stay on the ledger."""


@pytest.mark.parametrize("fault", PASSING)
async def test_a_fault_that_passes_is_tried_again_and_the_session_ends_well(fault: str) -> None:
    async with stage(in_order(PASSING[fault], reply(submit()))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert len(at.server.sent) == 2
    assert at.server.sent[0].body == at.server.sent[1].body
    assert at.pause.asked == [(0.5, 1.0)]
    *lost, paid = at.journal.ledger
    assert (paid.answered, paid.retries) == (True, 1)
    assert [entry.answered for entry in lost] == [False] * (fault not in REFUSED)
    assert end.cost_usd == sum(entry.cost_usd for entry in at.journal.ledger)


LASTING = {
    "400": error(400, "invalid_request_error", "messages: no"),
    "401": error(401, "authentication_error"),
    "402": error(402, "billing_error"),
    "403": error(403, "permission_error"),
    "404": error(404, "not_found_error"),
    "413": error(413, "request_too_large"),
    "500 that says not to": error(500, "api_error", x_should_retry="false"),
    "error event": Wire(
        body=frame("error", {"error": {"type": "invalid_request_error", "message": "no"}})
    ),
}


@pytest.mark.parametrize("fault", LASTING)
async def test_a_fault_that_lasts_is_not_tried_again_and_is_named(fault: str) -> None:
    async with stage(in_order(LASTING[fault])) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.INFRA_ERROR
    assert "no" in end.reason
    assert at.journal.rows == {}
    # A refusal is not paid; a reply that turned into an error perhaps is.
    assert [entry.answered for entry in at.journal.ledger] == [False] * (fault == "error event")


async def test_an_outage_ends_the_session_after_seven_tries_to_go_on_later() -> None:
    async with stage(in_order(*[error(529, "overloaded_error", "Overloaded")] * 7)) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.INFRA_ERROR
    assert end.reason == "The model API failed: HTTP 529 overloaded_error: Overloaded"
    assert end.setback == Later(end.reason, 300)
    assert len(at.server.sent) == 7
    assert at.pause.asked == [(0.5, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32)]
    assert at.journal.ledger == []


async def test_requests_that_never_reached_a_server_are_not_on_the_ledger() -> None:
    journal = FakeJournal(Decimal(15))
    async with serving(in_order()) as server:
        gone = server.url
    async with room(gone, journal, FakePause(), FakeRest(), FakeWatch()) as sessions:
        end = await sessions.converse(assignment(), FakeDesk(), accept)

    assert end.setback == Later("The model API failed: connection: " + UNREACHED, 300)
    assert journal.ledger == []


async def test_a_wait_that_the_server_asks_for_is_kept() -> None:
    respond = in_order(error(429, "rate_limit_error", retry_after="17"), reply(submit()))

    async with stage(respond) as at:
        await at.converse()

    assert at.pause.asked == [(17, 18)]


async def test_a_date_that_the_server_asks_to_wait_for_is_kept() -> None:
    until = "Fri, 20 Nov 2026 12:00:40 GMT"
    respond = in_order(error(503, "api_error", retry_after=until), reply(submit()))

    async with stage(respond) as at:
        await at.converse()

    assert at.pause.asked == [(40, 41)]


@pytest.mark.parametrize("nonsense", ["soon", "-3", "nan", "inf", "Fri, 20 Nov 1926 12:00:40 GMT"])
async def test_a_senseless_wait_counts_as_none(nonsense: str) -> None:
    respond = in_order(error(429, "rate_limit_error", retry_after=nonsense), reply(submit()))

    async with stage(respond) as at:
        await at.converse()

    assert at.pause.asked == [(0.5, 1.0)]


async def test_a_longer_wait_gives_the_slot_back_and_the_session_goes_on_from_its_rows() -> None:
    respond = in_order(error(429, "rate_limit_error", retry_after="61"), reply(submit()))

    async with stage(respond) as at:
        first = await at.converse()
        second = await at.converse()

    assert first.outcome is StepOutcome.INFRA_ERROR
    assert first.setback == Later(first.reason, 61, asked=True)
    assert at.pause.asked == []
    assert second.outcome is StepOutcome.DONE


async def test_events_of_unknown_name_are_passed_over() -> None:
    body = b"".join([WHOLE[0], frame("novelty", {"index": 7}), *WHOLE[1:]])

    async with stage(in_order(Wire(body=body))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE


async def test_a_character_split_over_two_events_arrives_whole() -> None:
    halves = [
        frame("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": half}})
        for half in ("\ud83d", "\ude42 and \udc00")
    ]
    opened = frame(
        "content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}
    )
    events = frames(stop="end_turn", usage=USAGE)
    first = Wire(body=b"".join([*events[:2], opened, *halves, *events[2:]]))

    async with stage(in_order(first, reply(submit()))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert at.server.sent[1].body["messages"][1]["content"][0]["text"] == "🙂 and �"


@pytest.mark.parametrize("raw", ["[1]", '"x"', "NaN", '{"a": Infinity}', "[" * 100_000])
async def test_input_that_is_no_json_object_never_reaches_a_tool(raw: str) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "bash", "input": raw}

    async with stage(in_order(reply(call), reply(submit()))) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert at.desk.calls == []
    assert list(at.server.sent[1].body["messages"][1]["content"][0]["input"]) == ["INVALID_JSON"]


async def test_the_message_of_a_fault_is_one_short_line() -> None:
    async with stage(in_order(error(400, "invalid_request_error", "a\nb " * 1000))) as at:
        end = await at.converse()

    assert "\n" not in end.reason
    assert len(end.reason) < 600


async def test_what_is_recorded_of_a_reply_is_what_was_streamed() -> None:
    async with stage(in_order(reply(submit(), usage=USAGE, stop="tool_use"))) as at:
        await at.converse()

    ((row,),) = at.journal.rows.values()
    assert json.loads(json.dumps(row.reply)) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [submit()],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 1000, "output_tokens": 100},
    }
