"""The tool str_replace_based_edit_tool shows files and directories, also several at once."""

import asyncio

import pytest

from app.workspace.tools.toolbox import BASH, EDITOR, NAMES, Toolbox, ToolLimits
from tests.app.workspace.sandbox.kit import Bench
from tests.app.workspace.tools.editing import edit


async def test_view_numbers_the_lines(bench: Bench) -> None:
    bench.put("a.py", "one\ntwo\nthree\n")

    result = await edit(bench, command="view", path="/workspace/a.py")

    assert result.text == "     1\tone\n     2\ttwo\n     3\tthree\n     4\t"


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [([2, 3], "     2\tb\n     3\tc"), ([3, -1], "     3\tc\n     4\td"), ([4, 4], "     4\td")],
)
async def test_view_shows_a_range_of_lines(bench: Bench, wanted: list[int], shown: str) -> None:
    bench.put("a.py", "a\nb\nc\nd")

    result = await edit(bench, command="view", path="a.py", view_range=wanted)

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

    result = await edit(bench, command="view", path="a.py", view_range=wanted)

    assert result.is_error
    assert words in result.text


async def test_a_long_file_is_cut_with_the_line_to_go_on_from(bench: Bench) -> None:
    bench.put("long.txt", "x" * 60 + "\n" + ("y" * 60 + "\n") * 2000)

    result = await edit(bench, command="view", path="long.txt")

    assert len(result.text) < 49_000
    assert result.text.endswith("of 2002; use view_range to see more]")


async def test_view_lists_a_directory_two_levels_deep_without_hidden_files(bench: Bench) -> None:
    for path in ("src/app/deep/no.py", "src/main.py", ".git/config", "node_modules/x/y.js"):
        bench.put(path, "")
    bench.put("src/__pycache__/main.pyc", "")

    result = await edit(bench, command="view", path="/workspace")

    assert result.text.splitlines()[1:] == [
        "/workspace/src/",
        "/workspace/src/app/",
        "/workspace/src/main.py",
    ]


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
