"""A session that goes round in circles: told once, then wrapped up, then ended, its work kept."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from app.claude.edits import Edits
from app.claude.limits import Cause, nudge, wrap_up
from phases.core.agent import EDITOR_TOOL
from phases.core.model import StepOutcome
from phases.core.ports import ToolResult
from tests.app.claude.kit import READER, Stage, assignment, stage, submit
from tests.app.claude.wire import Wire, by_turn, call, reply
from tests.fakes.desk import FakeDesk

Circle = tuple[Cause, list[Wire]]


class EditorDesk(FakeDesk):
    """Knows `create` and `str_replace`, and in its shell `rm f`."""

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        path = str(arguments.get("path")).removeprefix("/workspace/")
        match arguments.get("command"):
            case "rm f":
                del self.files["f"]
                return ToolResult("")
            case "create":
                self.files[path] = str(arguments["file_text"])
                return ToolResult("created")
            case "str_replace":
                old, new = str(arguments["old_str"]), str(arguments["new_str"])
                if old not in self.files.get(path, ""):
                    return ToolResult("No replacement was performed.", is_error=True)
                self.files[path] = self.files[path].replace(old, new)
                return ToolResult("edited")
        return await super().call(tool, arguments)


def look(n: int) -> Wire:
    return reply(call("grep", {"pattern": "x"}, f"t{n}"))


def create(n: int, text: str) -> Wire:
    arguments = {"command": "create", "path": "/workspace/f", "file_text": text}
    return reply(call(EDITOR_TOOL, arguments, f"t{n}"))


def replace_text(n: int, old: str, new: str, path: str = "f") -> Wire:
    arguments = {"command": "str_replace", "path": path, "old_str": old, "new_str": new}
    return reply(call(EDITOR_TOOL, arguments, f"t{n}"))


def append(n: int, text: str) -> Wire:
    return reply(call("bash", {"command": f"append f {text}"}, f"t{n}"))


def remove(n: int) -> Wire:
    return reply(call("bash", {"command": "rm f"}, f"t{n}"))


def advice(at: Stage) -> list[str]:
    """Return what each request says beside results, if anything."""
    return [sent.last[-1].get("text", "") for sent in at.server.sent[1:]]


def to_and_fro(first: Wire, there: Callable[[int], Wire], back: Callable[[int], Wire]) -> Circle:
    """Return turns that keep changing a file and putting it back."""
    turns = [there(n) if n % 2 else back(n) for n in range(1, 7)]
    return Cause.TO_AND_FRO, [first, *turns]


CIRCLES: dict[str, Circle] = {
    "the same call": (Cause.SAME_CALL, [look(n) for n in range(7)]),
    "failed edits": (Cause.FAILED_EDITS, [replace_text(n, f"no{n}", "x") for n in range(7)]),
    "opposite edits": to_and_fro(
        create(0, "a"), lambda n: replace_text(n, "a", "b"), lambda n: replace_text(n, "b", "a")
    ),
    "written anew": to_and_fro(
        create(0, "a"), lambda n: replace_text(n, "a", "b"), lambda n: create(n, "a")
    ),
    "against the shell": to_and_fro(
        create(0, "a"), lambda n: append(n, "b"), lambda n: create(n, "a")
    ),
}


@pytest.mark.parametrize("circle", CIRCLES)
async def test_a_circle_is_spoken_about_then_wrapped_up_then_the_end_with_the_reason(
    circle: str,
) -> None:
    cause, turns = CIRCLES[circle]
    desk = EditorDesk()
    async with stage(by_turn(*turns)) as at:
        end = await at.converse(desk=desk)

    said = [text for text in advice(at) if text]
    assert said == [nudge(cause), wrap_up(cause)]
    assert end.outcome is StepOutcome.NO_OUTPUT
    assert end.setback is None
    assert desk.kept.get(end.snapshot or "", {}) == desk.files
    assert "wrapped up because" in end.reason
    assert end.turns == len(at.server.sent) <= 7


@pytest.mark.parametrize("circle", CIRCLES)
async def test_a_circle_is_seen_the_same_after_a_restart(circle: str) -> None:
    async with stage(by_turn(*CIRCLES[circle][1])) as at:
        desk = EditorDesk()
        first = await at.converse(desk=desk)
        for length in range(1, len(at.journal.rows[assignment().session])):
            at.journal.forget(assignment().session, length)
            end = await at.converse(desk=EditorDesk(kept=desk.kept))
            assert end == first

    assert length > 2


async def test_a_file_that_is_written_back_and_forth_is_a_circle() -> None:
    turns = [create(n, "ab"[n % 2]) for n in range(3)]

    async with stage(by_turn(*turns, reply(submit()))) as at:
        end = await at.converse(desk=EditorDesk())

    assert advice(at) == ["", "", nudge(Cause.TO_AND_FRO)]
    assert end.outcome is StepOutcome.DONE


async def test_a_call_may_be_made_again_once_the_files_have_changed() -> None:
    turns = [look(0), look(1), create(2, "a"), look(3), look(4)]

    async with stage(by_turn(*turns, reply(submit()))) as at:
        end = await at.converse(desk=EditorDesk())

    assert advice(at) == [""] * 5
    assert end.outcome is StepOutcome.DONE


async def test_calls_whose_results_differ_are_no_circle() -> None:
    turns = [reply(call("grep", {"pattern": str(n)}, f"t{n}")) for n in range(5)]

    async with stage(by_turn(*turns, reply(submit()))) as at:
        await at.converse(assignment(agent=READER))

    assert advice(at) == [""] * 5


async def test_an_edit_that_succeeds_forgives_those_that_failed() -> None:
    turns = [
        create(0, "a"),
        replace_text(1, "no1", "x"),
        replace_text(2, "no2", "x"),
        replace_text(3, "a", "c", "/workspace/f"),
        replace_text(4, "no4", "x"),
        replace_text(5, "no5", "x"),
    ]

    async with stage(by_turn(*turns, reply(submit()))) as at:
        await at.converse(desk=EditorDesk())

    assert advice(at) == [""] * 6


async def test_files_to_try_something_out_that_the_shell_takes_away_are_no_circle() -> None:
    turns = [create(0, "a"), remove(1), create(2, "b"), remove(3)]

    async with stage(by_turn(*turns, reply(submit()))) as at:
        await at.converse(desk=EditorDesk())

    assert advice(at) == [""] * 4


A, B = {"command": "create", "file_text": "a\n"}, {"command": "create", "file_text": "b\n"}
PUT_BACK: dict[str, list[dict[str, Any]]] = {
    "written anew": [A, {"command": "str_replace", "old_str": "a", "new_str": "b"}, A],
    "taken out": [
        A,
        {"command": "insert", "insert_line": 1, "insert_text": "b"},
        {"command": "str_replace", "old_str": "\nb\n", "new_str": "\n"},
    ],
    "other words around": [
        A,
        {"command": "str_replace", "old_str": "a", "new_str": "b"},
        {"command": "str_replace", "old_str": "b\n", "new_str": "a\n"},
    ],
    "another spelling": [A, {**B, "path": "./f"}, {**A, "path": "/workspace/./f"}],
}


@pytest.mark.parametrize("case", PUT_BACK)
def test_a_file_that_is_put_back_while_others_change_is_seen_by_its_text(case: str) -> None:
    edits = Edits()

    back = [edits.take({"path": "f", **arguments}) for arguments in PUT_BACK[case]]

    assert back == [False, False, True]
