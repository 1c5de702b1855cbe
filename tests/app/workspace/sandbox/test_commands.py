"""A command in the cage: who runs it and with which tools, what it reads, says and ends with."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Sandbox, SandboxSettings
from app.workspace.sandbox.toolchain import Toolchain
from tests.app.workspace.sandbox.kit import Bench, as_ordinary_user


async def test_a_command_works_in_a_tree_below_directories_that_only_the_service_may_enter(
    bench: Bench,
) -> None:
    bench.put("a.txt", "from the host\n")

    finished = await bench.shell("pwd; cat a.txt; echo from inside > b.txt; id -u")

    assert finished.output == "/workspace\nfrom the host\n1000\n"
    assert (bench.worktree / "b.txt").read_text() == "from inside\n"
    assert (bench.worktree / "b.txt").stat().st_uid == (bench.sandbox.owner or os.geteuid())


async def test_a_service_that_is_not_root_cages_as_its_own_user() -> None:
    program = """
import asyncio, os, sys
from pathlib import Path
from app.workspace.sandbox.sandbox import Sandbox, SandboxSettings
from app.workspace.sandbox.selftest import self_test
from app.workspace.sandbox.toolchain import Toolchain
assert os.geteuid() != 0
data = Path(sys.argv[1])
sandbox = Sandbox(SandboxSettings(agent_uid=65432, staging=Path("/nowhere")), Toolchain.find())
asyncio.run(self_test(sandbox, data, [Path("/usr")]))
print("holds for", os.geteuid())
"""

    printed = await as_ordinary_user(program)

    assert printed.startswith("holds for ")


async def test_the_tools_of_the_service_are_on_the_path(bench: Bench) -> None:
    finished = await bench.shell("command -v rg node npm npx uv; rg --version >/dev/null && npm -v")

    lines = finished.output.splitlines()
    expected = [f"/opt/phaseline/bin/{name}" for name in ("rg", "node", "npm", "npx", "uv")]
    assert lines[:5] == expected
    assert finished.exit_code == 0


@pytest.mark.parametrize(
    ("script", "code"), [("exit 7", 7), ("kill -9 $$", 137), ("no-such-program-here", 127)]
)
async def test_a_command_that_fails_is_a_result(bench: Bench, script: str, code: int) -> None:
    finished = await bench.shell(script)

    assert finished.exit_code == code
    assert finished.killed_for is None


async def test_a_cage_that_cannot_be_built_is_an_error_that_quotes_bubblewrap(bench: Bench) -> None:
    with pytest.raises(SandboxError, match="Can't chdir to /workspace/nowhere"):
        await bench.changed(lambda cage: replace(cage, cwd="/workspace/nowhere")).shell("true")


async def test_long_output_is_shown_by_head_and_tail_and_kept_whole(bench: Bench) -> None:
    finished = await bench.shell("echo first; seq 200000; echo last")

    assert finished.truncated
    assert finished.output.startswith("first\n1\n")
    assert finished.output.endswith("200000\nlast\n")
    assert "bytes left out ...]" in finished.output
    assert len(finished.output) < 33_000
    assert finished.content.count(b"\n") == 200_002


async def test_standard_error_can_be_kept_apart(bench: Bench) -> None:
    line = ["/bin/sh", "-c", "echo out; echo err >&2"]

    finished = await bench.sandbox.run(bench.cage, line, timeout=10, split=True)

    assert (finished.output, finished.errors) == ("out\n", "err\n")


async def test_standard_input_and_output_can_be_opened_again_by_name(bench: Bench) -> None:
    line = ["/bin/sh", "-c", "cat /dev/stdin > /dev/stdout; echo done > /dev/stderr"]

    finished = await bench.sandbox.run(bench.cage, line, timeout=10, stdin=b"given\n")

    assert finished.output == "given\ndone\n"


async def test_without_input_a_command_reads_the_end_at_once(bench: Bench) -> None:
    finished = await bench.shell("cat; echo code $?", timeout=10)

    assert finished.output == "code 0\n"


async def test_output_is_told_while_it_comes(bench: Bench) -> None:
    chunks: list[bytes] = []
    line = ["/bin/sh", "-c", "echo one; sleep 0.2; echo two"]

    await bench.sandbox.run(bench.cage, line, timeout=10, on_output=chunks.append)

    assert chunks == [b"one\n", b"two\n"]


def test_agents_never_run_as_root() -> None:
    settings = SandboxSettings(agent_uid=0, staging=Path("/nowhere"))

    with pytest.raises(SandboxError, match="never run as root"):
        Sandbox(settings, Toolchain.find())
