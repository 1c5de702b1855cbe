"""Every fault and every stop reason of one request, on the wire, and how the session ends."""

from dataclasses import dataclass

import pytest

from phases.core.errors import Blocked, Later
from phases.core.model import StepOutcome
from tests.app.claude.kit import stage, submit
from tests.app.claude.test_faults import PASSING
from tests.app.claude.wire import Wire, call, error, in_order, reply, text

DONE, NO_OUTPUT = StepOutcome.DONE, StepOutcome.NO_OUTPUT
INFRA, REFUSED = StepOutcome.INFRA_ERROR, StepOutcome.REFUSED
BASH = call("bash", {"command": "append f 1"}, "t0")
OVERLOADED = error(529, "overloaded_error")


@dataclass(frozen=True)
class Case:
    """What comes over the wire, and what must come of it; `ran` is how often a tool was run."""

    wires: tuple[Wire, ...]
    outcome: StepOutcome
    setback: type[Later | Blocked] | None = None
    ran: int = 0
    says: str = ""


MATRIX = {
    **{f"passes: {name}": Case((wire, reply(submit())), DONE) for name, wire in PASSING.items()},
    "429, wait short": Case(
        (error(429, "rate_limit_error", retry_after="1"), reply(submit())), DONE
    ),
    "429, wait long": Case((error(429, "rate_limit_error", retry_after="90"),), INFRA, Later),
    "529 six times": Case((*[OVERLOADED] * 6, reply(submit())), DONE),
    "529 seven times": Case((OVERLOADED,) * 7, INFRA, Later, says="529"),
    "500 seven times": Case((error(500, "api_error"),) * 7, INFRA, Later, says="500"),
    "no connection at all": Case((Wire(silent=True),) * 7, INFRA, Later, says="connection"),
    "400": Case((error(400, "invalid_request_error"),), INFRA, says="400"),
    "401": Case((error(401, "authentication_error"),), INFRA, Blocked, says="401"),
    "402": Case((error(402, "billing_error"),), INFRA, Blocked, says="402"),
    "403": Case((error(403, "permission_error"),), INFRA, Blocked, says="403"),
    "404": Case((error(404, "not_found_error"),), INFRA, Blocked, says="404"),
    "413": Case((error(413, "request_too_large"),), INFRA, says="413"),
    "malformed tool JSON": Case((reply(call("bash", '{"comm')), reply(submit())), DONE),
    "tool_use": Case((reply(BASH), reply(submit())), DONE, ran=1),
    "end_turn with a call": Case((reply(BASH, stop="end_turn"), reply(submit())), DONE, ran=1),
    "end_turn": Case((reply(text("So.")), reply(submit())), DONE),
    "end_turn three times": Case((reply(text("So.")),) * 3, NO_OUTPUT, says="in words"),
    "stop_sequence": Case((reply(text("So."), stop="stop_sequence"), reply(submit())), DONE),
    "pause_turn": Case((reply(text("So."), stop="pause_turn"), reply(submit())), DONE),
    "max_tokens": Case((reply(text("So."), stop="max_tokens"), reply(submit())), DONE),
    "max_tokens in a call": Case((reply(BASH, stop="max_tokens"), reply(submit())), DONE),
    "max_tokens in submit": Case(
        (reply(submit("t1"), stop="max_tokens"), reply(submit("t2"), stop="max_tokens")),
        NO_OUTPUT,
        says="cut",
    ),
    "refusal": Case((reply(BASH, stop="refusal"),), REFUSED, says="refused"),
    "refusal of a submit": Case((reply(submit(), stop="refusal"),), REFUSED),
    "context exceeded": Case(
        (reply(submit(), stop="model_context_window_exceeded"),), NO_OUTPUT, says="context"
    ),
    "compaction unasked": Case((reply(submit(), stop="compaction"),), NO_OUTPUT, says="compaction"),
    "a reason of tomorrow": Case((reply(submit(), stop="bored"),), NO_OUTPUT, says="bored"),
}


@pytest.mark.parametrize("name", MATRIX)
async def test_the_session_ends_right_in_every_case_and_never_silently(name: str) -> None:
    case = MATRIX[name]

    async with stage(in_order(*case.wires)) as at:
        end = await at.converse()

    assert end.outcome is case.outcome
    assert (end.submission is not None) == (case.outcome is DONE)
    assert type(end.setback) is (case.setback or type(None))
    assert len(at.server.sent) == len(case.wires)
    assert len(at.desk.calls) == case.ran
    assert end.reason
    assert case.says in end.reason
