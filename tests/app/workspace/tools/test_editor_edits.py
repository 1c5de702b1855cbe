"""The tool str_replace_based_edit_tool creates, replaces and inserts exactly what it is told."""

import stat

import pytest

from app.workspace.tools.result import ToolResult
from tests.app.workspace.sandbox.kit import Bench
from tests.app.workspace.tools.editing import edit


async def test_create_makes_directories_and_belongs_to_the_agent(bench: Bench) -> None:
    result = await edit(bench, command="create", path="new/deep/a.py", file_text="x = 1\n")
    inside = await bench.shell("cat new/deep/a.py && echo more >> new/deep/a.py && touch new/b")

    assert result == ToolResult("Created new/deep/a.py.", is_error=False)
    assert (inside.output, inside.exit_code) == ("x = 1\n", 0)
    assert stat.S_IMODE((bench.worktree / "new/deep/a.py").stat().st_mode) == 0o644


async def test_create_writes_a_file_anew_and_says_so(bench: Bench) -> None:
    bench.put("a.py", "old\n")

    result = await edit(bench, command="create", path="a.py", file_text="new\n")

    assert result == ToolResult("Overwrote a.py.", is_error=False)
    assert (bench.worktree / "a.py").read_text() == "new\n"


async def test_an_edit_keeps_the_mode_of_the_file(bench: Bench) -> None:
    bench.put("run.sh", "#!/bin/sh\necho one\n").chmod(0o755)

    await edit(bench, command="str_replace", path="run.sh", old_str="one", new_str="two")

    assert (bench.worktree / "run.sh").read_text() == "#!/bin/sh\necho two\n"
    assert stat.S_IMODE((bench.worktree / "run.sh").stat().st_mode) == 0o755


async def test_str_replace_changes_the_one_place_and_shows_it(bench: Bench) -> None:
    bench.put("a.py", "".join(f"line {number}\n" for number in range(1, 21)))

    result = await edit(
        bench,
        command="str_replace",
        path="a.py",
        old_str="line 10\n",
        new_str="ten\nten and a half\n",
    )

    assert result.text.startswith("Edited a.py. Around the edit:\n     6\tline 6\n")
    assert "    10\tten\n    11\tten and a half\n    12\tline 11" in result.text


async def test_str_replace_without_a_new_text_deletes(bench: Bench) -> None:
    bench.put("a.py", "keep\ndrop\nkeep\n")

    await edit(bench, command="str_replace", path="a.py", old_str="drop\n")

    assert (bench.worktree / "a.py").read_text() == "keep\nkeep\n"


async def test_a_text_that_is_not_there_is_refused(bench: Bench) -> None:
    bench.put("a.py", "x = 1\n")

    result = await edit(bench, command="str_replace", path="a.py", old_str="y = 1", new_str="")

    assert result.is_error
    assert result.text.startswith(
        "No replacement was performed, old_str `y = 1` did not appear verbatim in a.py."
    )


async def test_a_text_that_is_there_more_than_once_is_refused_with_its_lines(bench: Bench) -> None:
    bench.put("a.py", "x = 1\ny = 2\nx = 1\n")

    result = await edit(bench, command="str_replace", path="a.py", old_str="x = 1", new_str="")

    assert result.is_error
    assert "Multiple occurrences of old_str `x = 1` in lines [1, 3]" in result.text
    assert (bench.worktree / "a.py").read_text() == "x = 1\ny = 2\nx = 1\n"


async def test_windows_line_ends_are_matched_and_kept(bench: Bench) -> None:
    (bench.worktree / "a.txt").write_bytes(b"one\r\ntwo\r\nthree\r\n")

    await edit(bench, command="str_replace", path="a.txt", old_str="one\ntwo", new_str="1\n2")
    await edit(bench, command="insert", path="a.txt", insert_line=3, insert_text="four\n")

    assert (bench.worktree / "a.txt").read_bytes() == b"1\r\n2\r\nthree\r\nfour\r\n"


@pytest.mark.parametrize(("line", "after"), [(1, b"a\r\nx\r\nb"), (2, b"a\r\nb\r\nx")])
async def test_an_inserted_line_ends_as_the_file_does(
    bench: Bench, line: int, after: bytes
) -> None:
    (bench.worktree / "a.txt").write_bytes(b"a\r\nb")

    await edit(bench, command="insert", path="a.txt", insert_line=line, insert_text="x")

    assert (bench.worktree / "a.txt").read_bytes() == after


@pytest.mark.parametrize(
    ("line", "after"), [(0, "new\na\nb\n"), (1, "a\nnew\nb\n"), (2, "a\nb\nnew\n")]
)
async def test_insert_puts_text_after_a_line(bench: Bench, line: int, after: str) -> None:
    bench.put("a.txt", "a\nb\n")

    await edit(bench, command="insert", path="a.txt", insert_line=line, insert_text="new\n")

    assert (bench.worktree / "a.txt").read_text() == after


async def test_insert_beyond_the_end_is_refused(bench: Bench) -> None:
    bench.put("a.txt", "a\nb\n")

    result = await edit(bench, command="insert", path="a.txt", insert_line=9, insert_text="new")

    assert result.is_error
    assert "has 3 lines" in result.text


async def test_there_is_no_undo(bench: Bench) -> None:
    result = await edit(bench, command="undo_edit", path="a.txt")

    assert result.is_error
    assert "make the opposite edit" in result.text
