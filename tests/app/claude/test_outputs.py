"""Results that are too long: cut for the model, kept whole, read in parts under /outputs/."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.workspace.sandbox.cage import Cage
from app.workspace.tools.editor import edit
from app.workspace.tools.tree import Tree
from phases.core.agent import EDITOR_TOOL
from phases.core.ports import ToolResult
from tests.app.claude.kit import READER, assignment, stage, submit
from tests.app.claude.wire import by_turn, call, reply
from tests.fakes.desk import FakeDesk

LINES = [f"line {n}" for n in range(1, 2001)]


class WordyDesk(FakeDesk):
    """Answers everything with 2,000 lines, the first of them too long for a line."""

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        self.calls.append((tool, arguments))
        return ToolResult("\n".join(["x" * 1_000, *LINES]))


@dataclass
class EditorDesk(FakeDesk):
    """Has the editor of the service, on files below a directory."""

    directory: Path = Path("/nonexistent")

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        cage = Cage(worktree=self.directory, scratch=self.directory, writable=False)
        return ToolResult(edit(Tree(cage, None), dict(arguments)))


def view(path: str, **more: Any) -> dict[str, Any]:
    return call(EDITOR_TOOL, {"command": "view", "path": path, **more}, f"t{path}{more}")


async def look(directory: Path, *views: dict[str, Any]) -> tuple[list[str], dict[Any, str]]:
    """Return what the model is shown of files, and which outputs were kept."""
    async with stage(by_turn(reply(*views), reply(submit()))) as at:
        await at.converse(assignment(agent=READER), EditorDesk(directory=directory))
        return [block["content"] for block in at.server.sent[1].last], at.journal.outputs


async def read(*views: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the model is shown of an output, by an agent that cannot run anything."""
    respond = by_turn(reply(call("grep", {"pattern": "x"}, "t0")), reply(*views), reply(submit()))
    async with stage(respond) as at:
        desk = WordyDesk()
        await at.converse(assignment(agent=READER), desk)
        assert [tool for tool, _ in desk.calls] == ["grep"]
        return at.server.sent[2].last


async def test_a_cut_result_names_where_the_whole_is_and_every_line_of_it_can_be_read() -> None:
    (shown,) = await read(view("/outputs/0.0", view_range=[1000, 1002]))

    assert shown["content"] == "\n".join(
        [
            f"{1000:6}\tline 997",
            f"{1001:6}\tline 998",
            f"{1002:6}\tline 999",
            "[lines 1000 to 1002 of 2003]",
        ]
    )


async def test_an_output_that_is_not_kept_says_so_and_names_no_place() -> None:
    respond = by_turn(reply(call("grep", {"pattern": "x"}, "t0")), reply(submit()))
    async with stage(respond) as at:
        at.journal.full = True
        await at.converse(assignment(agent=READER), WordyDesk())

    (shown,) = at.server.sent[1].last
    assert "the rest is lost" in shown["content"]
    assert "/outputs/" not in shown["content"]


async def test_a_line_that_is_too_long_is_shown_as_several() -> None:
    (shown,) = await read(view("/outputs/0.0", view_range=[1, 4]))

    lengths = [len(line) - 7 for line in shown["content"].split("\n")[:3]]
    assert lengths == [400, 400, 200]


async def test_a_part_is_as_long_as_is_shown_without_being_cut_again() -> None:
    (shown,) = await read(view("/outputs/0.0"))

    assert "left out" not in shown["content"]
    assert shown["content"].splitlines()[-1].startswith("[lines 1 to ")
    assert 3_500 < len(shown["content"].encode()) <= 4_096


async def test_a_source_file_of_ten_kilobytes_is_shown_from_its_start_and_whole_where_asked(
    tmp_path: Path,
) -> None:
    lines = [f"value_{n:03} = compute({n:03}, 'an argument')" for n in range(1, 261)]
    (tmp_path / "a.py").write_text("\n".join(lines))
    numbered = [f"{n:6}\t{line}" for n, line in enumerate(lines, 1)]

    (first, asked), kept = await look(tmp_path, view("a.py"), view("a.py", view_range=[1, 260]))

    *shown, note = first.split("\n")
    assert 80 < len(shown) < 100
    assert shown == numbered[: len(shown)]
    assert note == (
        f"[cut after line {len(shown)}; view_range [{len(shown) + 1}, -1] shows what follows]"
    )
    assert len(first.encode()) <= 4_096
    assert asked.split("\n") == numbered
    assert kept == {}


async def test_a_view_of_many_lines_says_where_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("\n".join(["x" * 50] * 1_000))

    (shown,), _ = await look(tmp_path, view("a.py", view_range=[101, -1]))

    assert 16_000 < len(shown.encode()) <= 16 << 10
    last = int(shown.split("\n")[-2].split("\t")[0])
    assert shown.endswith(
        f"[cut after line {last}; view_range [{last + 1}, -1] shows what follows]"
    )


async def test_a_file_of_one_endless_line_is_kept_like_any_output(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("x" * 20_000)

    (shown,), kept = await look(tmp_path, view("a.js", view_range=[1, -1]))

    assert "view /outputs/0.0 with a view_range" in shown
    assert [len(text) for text in kept.values()] == [20_007]


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/outputs/7.0", {}),
        ("/outputs/../etc/passwd", {}),
        ("/outputs/0.0", {"view_range": [0, 5]}),
        ("/outputs/0.0", {"view_range": [2004, 2005]}),
        ("/outputs/0.0", {"view_range": "1"}),
        ("/outputs/0.0", {"view_range": [1]}),
    ],
)
async def test_what_is_not_there_is_said_and_never_reaches_the_desk(
    path: str, more: dict[str, Any]
) -> None:
    (shown,) = await read(view(path, **more))

    assert shown["is_error"] is True


async def test_no_session_reads_the_outputs_of_another() -> None:
    respond = by_turn(reply(call("grep", {"pattern": "x"}, "t0")), reply(submit()))
    peek = by_turn(reply(view("/outputs/0.0")), reply(submit()))

    async with stage(respond) as at:
        await at.converse(assignment(agent=READER), WordyDesk())
        journal = at.journal
    async with stage(peek, journal=journal) as at:
        await at.converse()

    assert "no such output" in at.server.sent[1].last[0]["content"]
