import asyncio
import json
import logging
from collections.abc import Mapping
from decimal import Decimal

import pytest

from phases.core.errors import StaleSegmentError
from phases.core.model import StepOutcome
from phases.core.ports import Sessions, ToolResult
from phases.core.session import TurnRow
from phases.core.submission import Outcome, Submission
from tests.app.claude.kit import READER, assignment, stage, submission, submit
from tests.app.claude.wire import by_turn, call, in_order, reply, text
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal


async def test_the_room_keeps_the_port_of_the_phases() -> None:
    async with stage(by_turn()) as at:
        port: Sessions = at.sessions

        assert port.model_of(assignment()) == "claude-sonnet-5-5"


async def test_a_session_works_with_tools_and_ends_with_its_submission() -> None:
    respond = by_turn(
        reply(text("I look."), call("bash", {"command": "append a.py x"})),
        reply(submit(summary="Added it.")),
    )

    async with stage(respond) as at:
        end = await at.converse()

    assert end.outcome is StepOutcome.DONE
    assert end.submission is not None
    assert end.submission.summary == "Added it."
    assert end.turns == 2
    assert at.desk.files == {"a.py": "x"}
    assert at.server.sent[1].last[0] == {
        "type": "tool_result",
        "tool_use_id": "toolu_bash",
        "content": "(no output)",
        "cache_control": {"type": "ephemeral"},
    }


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_a_session_ends_with_the_outcome_that_was_submitted(outcome: Outcome) -> None:
    async with stage(by_turn(reply(submit(outcome=outcome.value)))) as at:
        end = await at.converse()

    assert end.outcome == outcome.value


async def test_what_the_model_said_is_sent_back_verbatim() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        text("I see 🙂"),
        call("grep", {"pattern": "é", "path": None, "context": 10**20, "odd": {"deep": [1.5]}}),
    ]

    async with stage(by_turn(reply(*blocks), reply(submit()))) as at:
        await at.converse()

    assert at.server.sent[1].body["messages"][1] == {"role": "assistant", "content": blocks}


async def test_every_request_says_whose_it_is() -> None:
    async with stage(by_turn(reply(submit()))) as at:
        await at.converse()

    headers = at.server.sent[0].headers
    assert headers["x-phaseline-run"] == "run-1"
    assert headers["x-phaseline-step"] == "implementation/backend-developer/1"
    assert headers["x-phaseline-agent"] == "backend-developer"
    assert headers["x-phaseline-attempt"] == "1"


async def test_a_tool_that_is_not_granted_is_refused_with_the_names_of_those_that_are() -> None:
    respond = by_turn(
        reply(
            call("bash", {"command": "append a x"}),
            call("str_replace_based_edit_tool", {"command": "create", "path": "a"}, "toolu_2"),
            call("str_replace_based_edit_tool", {"command": "view", "path": "a"}, "toolu_3"),
        ),
        reply(submit()),
    )

    async with stage(respond) as at:
        await at.converse(assignment(agent=READER))

    refused, also_refused, viewed = at.server.sent[1].last
    assert refused["content"] == (
        "Not run: bash is not yours to call so. You have: glob, grep, submit, "
        "str_replace_based_edit_tool (command `view` only)."
    )
    assert refused["is_error"]
    assert also_refused["is_error"]
    assert viewed["content"] == "a does not exist."
    assert [tool for tool, _ in at.desk.calls] == ["str_replace_based_edit_tool"]


async def test_calls_that_only_read_run_side_by_side() -> None:
    class MeetingDesk(FakeDesk):
        meeting = asyncio.Barrier(3)

        async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
            del arguments
            async with asyncio.timeout(5):
                await self.meeting.wait()
            return ToolResult(f"{tool} met the others")

    respond = by_turn(
        reply(
            call("grep", {"pattern": "a"}),
            call("glob", {"pattern": "*"}),
            call("str_replace_based_edit_tool", {"command": "view", "path": "a"}),
        ),
        reply(submit()),
    )

    async with stage(respond) as at:
        await at.converse(desk=MeetingDesk())

    assert [block["content"] for block in at.server.sent[1].last] == [
        "grep met the others",
        "glob met the others",
        "str_replace_based_edit_tool met the others",
    ]


async def test_calls_that_write_run_one_after_another_in_the_order_of_the_reply() -> None:
    class SlowDesk(FakeDesk):
        at_work = 0

        async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
            self.at_work += 1
            assert self.at_work == 1
            await asyncio.sleep(0)
            result = await super().call(tool, arguments)
            self.at_work -= 1
            return result

    desk = SlowDesk()
    calls = [call("bash", {"command": f"append f {n}"}, f"toolu_{n}") for n in range(4)]

    async with stage(by_turn(reply(*calls), reply(submit()))) as at:
        await at.converse(desk=desk)

    assert desk.files == {"f": "0123"}


async def test_a_defect_of_the_desk_is_raised_after_its_fellows_have_finished() -> None:
    finished = []

    class BrokenDesk(FakeDesk):
        async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
            del arguments
            if tool == "grep":
                raise RuntimeError("the cage is gone")
            await asyncio.sleep(0)
            finished.append(tool)
            return ToolResult("ok")

    calls = [call("grep", {"pattern": "a"}), call("glob", {"pattern": "*"})]

    async with stage(by_turn(reply(*calls))) as at:
        with pytest.raises(RuntimeError, match="the cage is gone"):
            await at.converse(desk=BrokenDesk())

    assert finished == ["glob"]


async def test_a_long_result_reaches_the_model_by_its_head_and_tail() -> None:
    class WordyDesk(FakeDesk):
        async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
            del tool, arguments
            return ToolResult("odd" + "é" * 40_000 + "end")

    async with stage(by_turn(reply(call("bash", {"command": "x"})), reply(submit()))) as at:
        await at.converse(desk=WordyDesk())

    content = at.server.sent[1].last[0]["content"]
    assert len(content.encode()) < 4_300
    assert content.startswith("oddéé")
    assert content.endswith("ééend")
    assert "é\n... [75910 bytes left out; the whole is kept: view /outputs/0.0 with a" in content


async def test_calls_before_an_accepted_submission_run_and_those_after_it_do_not() -> None:
    respond = by_turn(
        reply(
            call("bash", {"command": "append a before"}, "toolu_1"),
            submit(),
            call("bash", {"command": "append a after"}, "toolu_3"),
        )
    )

    async with stage(respond) as at:
        end = await at.converse()

    (row,) = at.journal.rows[assignment().session]
    assert end.outcome is StepOutcome.DONE
    assert at.desk.files == {"a": "before"}
    assert row.snapshot is not None
    assert row.results is not None
    assert [block["content"] for block in row.results] == [
        "(no output)",
        "Accepted.",
        "Not run: the submission before it ended the session.",
    ]


async def test_a_submission_with_faults_comes_back_as_numbered_sentences() -> None:
    async def examine(given: Submission) -> tuple[str, ...]:
        return ("Line 3 holds\na class.", "R2 is not covered.") if "no" in given.summary else ()

    respond = by_turn(
        reply(call("submit", submission(outcome="perfect"))),
        reply(submit("toolu_2", summary="no")),
        reply(submit("toolu_3", summary="yes")),
    )

    async with stage(respond) as at:
        end = await at.converse(examine=examine)

    malformed, refused = at.server.sent[1].last[0], at.server.sent[2].last[0]
    assert malformed["is_error"]
    assert malformed["content"].startswith("Not accepted:\n1. `outcome`")
    assert refused["content"] == (
        "Not accepted:\n1. Line 3 holds a class.\n2. R2 is not covered.\n"
        "Mend this and call `submit` again; it may be sent back 1 more time."
    )
    assert end.outcome is StepOutcome.DONE
    assert end.refusals[1:] == ("Line 3 holds a class.", "R2 is not covered.")


async def test_after_a_third_refused_submission_the_session_is_wrapped_up() -> None:
    async def examine(_given: Submission) -> tuple[str, ...]:
        return ("R1 is not covered.",)

    respond = by_turn(*(reply(submit(f"toolu_{n}")) for n in range(4)))

    async with stage(respond) as at:
        end = await at.converse(examine=examine)

    last_words = [sent.last[-1].get("text", "") for sent in at.server.sent]
    assert ["This is your last turn" in words for words in last_words] == [False] * 3 + [True]
    assert end.outcome is StepOutcome.NO_OUTPUT
    assert "4 submissions were sent back" in end.reason
    assert "R1 is not covered." in end.reason
    assert end.refusals == ("R1 is not covered.",) * 4
    assert end.submission is None


async def test_somebody_else_on_the_same_session_stops_this_one_before_any_tool_runs() -> None:
    class BlindJournal(FakeJournal):
        async def turns(self, session: str) -> tuple[TurnRow, ...]:
            del session
            return ()

    desk = FakeDesk()
    respond = by_turn(reply(call("bash", {"command": "append a x"})), reply(submit()))

    async with stage(respond, journal=BlindJournal(Decimal(15))) as at:
        await at.converse()
        with pytest.raises(StaleSegmentError):
            await at.converse(desk=desk)

    assert desk.calls == []


async def test_logs_name_session_and_turn_and_quote_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="app.claude")

    async with stage(
        in_order(
            reply(text("SECRET"), call("bash", {"command": "SECRET"})),
            reply(submit(summary="SECRET")),
        )
    ) as at:
        await at.converse()

    ours = [record for record in caplog.records if record.name.startswith("app.claude")]
    assert {record.__dict__["turn"] for record in ours} == {1, 2}
    assert "SECRET" not in json.dumps([str(record.__dict__) for record in ours])
