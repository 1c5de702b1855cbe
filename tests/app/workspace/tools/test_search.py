"""The tools grep and glob, and who may use which tool at all."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.cage import Mount
from app.workspace.tools.result import ToolResult
from app.workspace.tools.toolbox import BASH, GLOB, GREP, NAMES, Toolbox, ToolLimits
from tests.app.workspace.sandbox.kit import Bench


def _toolbox(bench: Bench) -> Toolbox:
    return Toolbox(
        bench.sandbox,
        bench.cage,
        allowed=frozenset(NAMES),
        skills={"review": "Read twice.", "commit": "One change."},
        limits=ToolLimits(),
    )


async def _grep(bench: Bench, **arguments: object) -> ToolResult:
    return await _toolbox(bench).call(GREP, arguments)


@pytest.fixture
def forest(bench: Bench) -> Bench:
    """A tree with ignored, hidden and installed files."""
    bench.put("src/a.py", "import os\n\n\ndef Needle():\n    return 1\n")
    bench.put("src/b.ts", "const needle = 2;\n")
    bench.put(".github/c.yml", "needle: 3\n")
    bench.put(".gitignore", "build/\n")
    bench.put("build/d.py", "needle = 4\n")
    bench.put(".git/e", "needle\n")
    return bench


async def test_grep_shows_path_line_and_text(forest: Bench) -> None:
    result = await _grep(forest, pattern=r"needle\b")

    assert result.text == ".github/c.yml:1:needle: 3\nsrc/b.ts:1:const needle = 2;"


async def test_grep_can_be_narrowed_and_widened(forest: Bench) -> None:
    result = await _grep(
        forest, pattern="NEEDLE", path="/workspace/src", glob="*.py", ignore_case=True
    )
    around = await _grep(forest, pattern="Needle", context=1)

    assert result.text == "src/a.py:4:def Needle():"
    assert around.text == "src/a.py-3-\nsrc/a.py:4:def Needle():\nsrc/a.py-5-    return 1"


async def test_a_search_does_not_wait_for_a_command_and_two_commands_wait_for_each_other(
    forest: Bench,
) -> None:
    toolbox = _toolbox(forest)
    slow = {"command": "until [[ -e go ]]; do :; done; cd src"}
    waiting = asyncio.create_task(toolbox.call(BASH, slow))
    behind = asyncio.create_task(toolbox.call(BASH, {"command": "pwd"}))
    await asyncio.sleep(0)

    found = await toolbox.call(GREP, {"pattern": "needle = 2"})
    running = not waiting.done()
    forest.put("go", "")

    assert found.text == "src/b.ts:1:const needle = 2;"
    assert running
    assert (await waiting).text == "[exit code 0]"
    assert (await behind).text == "/workspace/src\n[exit code 0]"


async def test_grep_that_finds_nothing_is_no_error(forest: Bench) -> None:
    result = await _grep(forest, pattern="haystack")

    assert result == ToolResult("No line matches.", is_error=False)


async def test_grep_shows_at_most_what_was_asked_for(bench: Bench) -> None:
    bench.put("many.txt", "hit\n" * 500)

    result = await _grep(bench, pattern="hit", max_results=3)

    assert result.text.count("many.txt:") == 3
    assert result.text.endswith("[... 497 more lines; narrow the pattern, the path or the glob]")


@pytest.mark.parametrize("pattern", ["(", "--files", "-rf", "$(id)", "a\nb"])
async def test_a_pattern_is_never_an_option_or_a_command(forest: Bench, pattern: str) -> None:
    result = await _grep(forest, pattern=pattern)

    assert (
        result.text == "No line matches." or "regex parse error" in result.text or result.is_error
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"pattern": "x", "path": "/etc"}, "lies outside"),
        ({"pattern": "x", "path": "nowhere"}, "No such file"),
        ({"pattern": "x", "context": 900}, "from 0 to 20"),
        ({"pattern": ["x"]}, "must be text"),
        ({"path": "src"}, "needs the parameter pattern"),
    ],
)
async def test_wrong_arguments_are_refused_in_words(
    forest: Bench, arguments: dict[str, object], words: str
) -> None:
    result = await _toolbox(forest).call(GREP, arguments)

    assert result.is_error
    assert words in result.text


async def test_glob_lists_matching_files_by_path(forest: Bench) -> None:
    python = await _toolbox(forest).call(GLOB, {"pattern": "*.py"})
    below = await _toolbox(forest).call(GLOB, {"pattern": "**/*.yml", "path": ".github"})
    nothing = await _toolbox(forest).call(GLOB, {"pattern": "*.rs"})

    assert python.text == "src/a.py"
    assert below.text == ".github/c.yml"
    assert nothing.text == "No file matches."


async def test_installed_packages_are_searched_only_when_they_are_named(
    forest: Bench, tmp_path: Path
) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "lib.py").write_text("needle = 5\n")
    mount = Mount(tmp_path / "env", "/workspace/src/.venv")
    mounted = forest.changed(lambda cage: replace(cage, mounts=(mount,)))

    everywhere = await _grep(mounted, pattern="needle", glob="*.py")
    there = await _grep(mounted, pattern="needle", path="src/.venv")

    assert everywhere.text == "No line matches."
    assert there.text == "src/.venv/lib.py:1:needle = 5"


async def test_a_skill_is_loaded_by_name(bench: Bench) -> None:
    known = await _toolbox(bench).call("load_skill", {"name": "review"})
    unknown = await _toolbox(bench).call("load_skill", {"name": "../review"})

    assert known == ToolResult("Read twice.", is_error=False)
    assert unknown.text == "There is no skill '../review'. Yours: commit, review."


async def test_a_tool_that_the_agent_does_not_have_is_refused_by_naming_those_it_has(
    bench: Bench,
) -> None:
    toolbox = Toolbox(
        bench.sandbox, bench.cage, allowed=frozenset({GREP, GLOB}), skills={}, limits=ToolLimits()
    )

    result = await toolbox.call("bash", {"command": "true"})

    assert result == ToolResult(
        "There is no tool bash for you. Your tools: grep, glob.", is_error=True
    )
