"""The tool str_replace_based_edit_tool: exact in what it changes, clear in what it refuses."""

import asyncio
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.cage import Mount
from app.workspace.tools.result import ToolResult
from app.workspace.tools.toolbox import BASH, EDITOR, NAMES, Toolbox, ToolLimits
from tests.app.workspace.sandbox.kit import Bench


async def _edit(bench: Bench, **arguments: object) -> ToolResult:
    toolbox = Toolbox(
        bench.sandbox, bench.cage, allowed=frozenset(NAMES), skills={}, limits=ToolLimits()
    )
    return await toolbox.call(EDITOR, arguments)


async def test_view_numbers_the_lines(bench: Bench) -> None:
    bench.put("a.py", "one\ntwo\nthree\n")

    result = await _edit(bench, command="view", path="/workspace/a.py")

    assert result.text == "     1\tone\n     2\ttwo\n     3\tthree\n     4\t"


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [([2, 3], "     2\tb\n     3\tc"), ([3, -1], "     3\tc\n     4\td"), ([4, 4], "     4\td")],
)
async def test_view_shows_a_range_of_lines(bench: Bench, wanted: list[int], shown: str) -> None:
    bench.put("a.py", "a\nb\nc\nd")

    result = await _edit(bench, command="view", path="a.py", view_range=wanted)

    assert result.text == shown


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([9, 10], "the file has 4 lines"),
        ([0, 2], "counted from 1"),
        ([4, 5], "ends at line 5, but the file has 4 lines"),
        ([3, 2], "before it starts"),
        ([1], "two whole numbers"),
        ("1-2", "two whole numbers"),
    ],
)
async def test_a_range_that_makes_no_sense_is_refused(
    bench: Bench, wanted: object, words: str
) -> None:
    bench.put("a.py", "a\nb\nc\nd")

    result = await _edit(bench, command="view", path="a.py", view_range=wanted)

    assert result.is_error
    assert words in result.text


async def test_a_long_file_is_cut_with_the_line_to_go_on_from(bench: Bench) -> None:
    bench.put("long.txt", "x" * 60 + "\n" + ("y" * 60 + "\n") * 2000)

    result = await _edit(bench, command="view", path="long.txt")

    assert len(result.text) < 49_000
    assert result.text.endswith("of 2002; use view_range to see more]")


async def test_view_lists_a_directory_two_levels_deep_without_hidden_files(bench: Bench) -> None:
    for path in ("src/app/deep/no.py", "src/main.py", ".git/config", "node_modules/x/y.js"):
        bench.put(path, "")
    bench.put("src/__pycache__/main.pyc", "")

    result = await _edit(bench, command="view", path="/workspace")

    assert result.text.splitlines()[1:] == [
        "/workspace/src/",
        "/workspace/src/app/",
        "/workspace/src/main.py",
    ]


async def test_create_makes_directories_and_belongs_to_the_agent(bench: Bench) -> None:
    result = await _edit(bench, command="create", path="new/deep/a.py", file_text="x = 1\n")
    inside = await bench.shell("cat new/deep/a.py && echo more >> new/deep/a.py && touch new/b")

    assert result == ToolResult("Created new/deep/a.py.", is_error=False)
    assert (inside.output, inside.exit_code) == ("x = 1\n", 0)
    assert stat.S_IMODE((bench.worktree / "new/deep/a.py").stat().st_mode) == 0o644


async def test_create_writes_a_file_anew_and_says_so(bench: Bench) -> None:
    bench.put("a.py", "old\n")

    result = await _edit(bench, command="create", path="a.py", file_text="new\n")

    assert result == ToolResult("Overwrote a.py.", is_error=False)
    assert (bench.worktree / "a.py").read_text() == "new\n"


async def test_views_wait_neither_for_one_another_nor_for_a_command(bench: Bench) -> None:
    bench.put("a.py", "x")
    toolbox = Toolbox(
        bench.sandbox, bench.cage, allowed=frozenset(NAMES), skills={}, limits=ToolLimits()
    )
    waiting = {"command": "until test -e go; do sleep 0.02; done"}
    view = {"command": "view", "path": "a.py"}

    command = asyncio.create_task(toolbox.call(BASH, waiting))
    await asyncio.sleep(0)
    views = [asyncio.create_task(toolbox.call(EDITOR, view)) for _ in range(2)]
    await asyncio.sleep(0)
    under_way = [not one.done() for one in views]
    async with asyncio.timeout(10):
        seen = await asyncio.gather(*views)
    running = not command.done()
    bench.put("go", "")
    await command

    assert [result.text for result in seen] == ["     1\tx", "     1\tx"]
    assert under_way == [True, True]
    assert running


async def test_an_edit_keeps_the_mode_of_the_file(bench: Bench) -> None:
    bench.put("run.sh", "#!/bin/sh\necho one\n").chmod(0o755)

    await _edit(bench, command="str_replace", path="run.sh", old_str="one", new_str="two")

    assert (bench.worktree / "run.sh").read_text() == "#!/bin/sh\necho two\n"
    assert stat.S_IMODE((bench.worktree / "run.sh").stat().st_mode) == 0o755


async def test_str_replace_changes_the_one_place_and_shows_it(bench: Bench) -> None:
    bench.put("a.py", "".join(f"line {number}\n" for number in range(1, 21)))

    result = await _edit(
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

    await _edit(bench, command="str_replace", path="a.py", old_str="drop\n")

    assert (bench.worktree / "a.py").read_text() == "keep\nkeep\n"


async def test_a_text_that_is_not_there_is_refused(bench: Bench) -> None:
    bench.put("a.py", "x = 1\n")

    result = await _edit(bench, command="str_replace", path="a.py", old_str="y = 1", new_str="")

    assert result.is_error
    assert result.text.startswith(
        "No replacement was performed, old_str `y = 1` did not appear verbatim in a.py."
    )


async def test_a_text_that_is_there_more_than_once_is_refused_with_its_lines(bench: Bench) -> None:
    bench.put("a.py", "x = 1\ny = 2\nx = 1\n")

    result = await _edit(bench, command="str_replace", path="a.py", old_str="x = 1", new_str="")

    assert result.is_error
    assert "Multiple occurrences of old_str `x = 1` in lines [1, 3]" in result.text
    assert (bench.worktree / "a.py").read_text() == "x = 1\ny = 2\nx = 1\n"


async def test_windows_line_ends_are_matched_and_kept(bench: Bench) -> None:
    (bench.worktree / "a.txt").write_bytes(b"one\r\ntwo\r\nthree\r\n")

    await _edit(bench, command="str_replace", path="a.txt", old_str="one\ntwo", new_str="1\n2")
    await _edit(bench, command="insert", path="a.txt", insert_line=3, insert_text="four\n")

    assert (bench.worktree / "a.txt").read_bytes() == b"1\r\n2\r\nthree\r\nfour\r\n"


@pytest.mark.parametrize(("line", "after"), [(1, b"a\r\nx\r\nb"), (2, b"a\r\nb\r\nx")])
async def test_an_inserted_line_ends_as_the_file_does(
    bench: Bench, line: int, after: bytes
) -> None:
    (bench.worktree / "a.txt").write_bytes(b"a\r\nb")

    await _edit(bench, command="insert", path="a.txt", insert_line=line, insert_text="x")

    assert (bench.worktree / "a.txt").read_bytes() == after


@pytest.mark.parametrize(
    ("line", "after"), [(0, "new\na\nb\n"), (1, "a\nnew\nb\n"), (2, "a\nb\nnew\n")]
)
async def test_insert_puts_text_after_a_line(bench: Bench, line: int, after: str) -> None:
    bench.put("a.txt", "a\nb\n")

    await _edit(bench, command="insert", path="a.txt", insert_line=line, insert_text="new\n")

    assert (bench.worktree / "a.txt").read_text() == after


async def test_insert_beyond_the_end_is_refused(bench: Bench) -> None:
    bench.put("a.txt", "a\nb\n")

    result = await _edit(bench, command="insert", path="a.txt", insert_line=9, insert_text="new")

    assert result.is_error
    assert "has 3 lines" in result.text


async def test_there_is_no_undo(bench: Bench) -> None:
    result = await _edit(bench, command="undo_edit", path="a.txt")

    assert result.is_error
    assert "make the opposite edit" in result.text


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "a/../../b", "/workspace/../x"])
async def test_paths_outside_the_worktree_are_refused(bench: Bench, path: str) -> None:
    for arguments in ({"command": "view"}, {"command": "create", "file_text": "x"}):
        result = await _edit(bench, path=path, **arguments)

        assert result.is_error
        assert "lies outside /workspace" in result.text


async def test_what_is_missing_or_no_file_is_said_so(bench: Bench) -> None:
    bench.put("dir/a", "")
    os.mkfifo(bench.worktree / "pipe")

    missing = await _edit(bench, command="view", path="nope")
    pipe = await _edit(bench, command="view", path="pipe")
    through = await _edit(bench, command="create", path="dir/a/b", file_text="")
    directory = await _edit(bench, command="create", path="dir", file_text="")

    assert missing.text == "/workspace/nope does not exist."
    assert "not a regular file" in pipe.text
    assert "as if it were a directory" in through.text
    assert directory.text == "/workspace/dir is a directory."


async def test_a_binary_or_huge_file_is_refused(bench: Bench) -> None:
    (bench.worktree / "image").write_bytes(b"\x89PNG\r\n\0\0")
    (bench.worktree / "latin").write_bytes("é".encode("latin-1"))
    with (bench.worktree / "huge").open("wb") as file:
        file.truncate(1 << 40)

    for path, words in (("image", "binary"), ("latin", "binary"), ("huge", "larger than 8 MiB")):
        result = await _edit(bench, command="view", path=path)

        assert result.is_error
        assert words in result.text


async def test_an_agent_that_works_read_only_is_refused_in_words(bench: Bench) -> None:
    bench.put("a.txt", "kept")
    reader = bench.changed(lambda cage: replace(cage, writable=False))

    seen = await _edit(reader, command="view", path="a.txt")
    refused = await _edit(reader, command="create", path="a.txt", file_text="changed")

    assert seen.text == "     1\tkept"
    assert refused.is_error
    assert "You work read-only" in refused.text
    assert (bench.worktree / "a.txt").read_text() == "kept"


async def test_the_git_directory_is_not_for_editing(bench: Bench) -> None:
    bench.put(".git/config", "")

    result = await _edit(bench, command="create", path=".git/hooks/pre-commit", file_text="x")

    assert result.is_error
    assert ".git directory" in result.text


async def test_the_installed_environment_can_be_viewed_and_not_changed(
    bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "lib.py").write_text("installed")
    mount = Mount(tmp_path / "env", "/workspace/side/.venv")
    mounted = bench.changed(lambda cage: replace(cage, mounts=(mount,)))

    seen = await _edit(mounted, command="view", path="side/.venv/lib.py")
    refused = await _edit(mounted, command="create", path="side/.venv/lib.py", file_text="x")

    assert seen.text == "     1\tinstalled"
    assert "read-only" in refused.text
