"""The cage runs what it is given, keeps its limits, and leaves nothing behind."""

import asyncio
import os
import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.beneath import own_tree
from app.workspace.sandbox.cage import Cage, Limits, Mount
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Sandbox, SandboxSettings
from app.workspace.sandbox.scratch import Scratch
from app.workspace.sandbox.toolchain import Toolchain
from app.workspace.sandbox.watchdog import Reason
from tests.app.workspace.sandbox.kit import (
    Bench,
    as_ordinary_user,
    make_bench,
    processes_named,
)


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


async def test_when_the_time_is_up_everything_dies_also_what_left_its_session(bench: Bench) -> None:
    marker = f"61.{secrets.randbelow(10**9)}"

    finished = await bench.shell(
        f"setsid nohup sleep {marker} & (trap '' TERM HUP; sleep {marker}) & sleep {marker}",
        timeout=0.5,
    )

    assert finished.timed_out
    assert processes_named(marker) == []


async def test_background_processes_end_with_their_command(bench: Bench) -> None:
    marker = f"62.{secrets.randbelow(10**9)}"

    finished = await bench.shell(f"setsid sleep {marker} >/dev/null 2>&1 & echo started")

    assert finished.output == "started\n"
    assert processes_named(marker) == []


async def test_a_stopped_process_does_not_outlive_its_time(bench: Bench) -> None:
    """Attack 34."""
    finished = await bench.shell("kill -STOP $$", timeout=0.5)

    assert finished.timed_out


@pytest.mark.parametrize("milliseconds", [0, 2, 4, 6, 8, 12, 40])
async def test_cancelling_at_any_moment_leaves_no_process_and_no_descriptor(
    bench: Bench, milliseconds: int
) -> None:
    marker = f"63.{secrets.randbelow(10**9)}"
    await bench.shell("true")
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names, not paths

    running = asyncio.create_task(bench.shell(f"sleep {marker}"))
    await asyncio.sleep(milliseconds / 1000)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert processes_named(marker) == []
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


async def test_a_command_that_prints_without_end_is_killed(bench: Bench) -> None:
    """Attack 34."""
    finished = await bench.limited(Limits(output=1 << 20)).shell("yes")

    assert finished.killed_for is Reason.OUTPUT
    assert len(finished.content) == 1 << 20


async def test_memory_is_counted_over_all_processes_of_a_command(bench: Bench) -> None:
    """Attack 34."""
    hog = "python3 -c 'x = bytearray(60 << 20); import time; time.sleep(20)'"

    finished = await bench.limited(Limits(memory=150 << 20)).shell(f"{hog} & {hog} & {hog} & wait")

    assert finished.killed_for is Reason.MEMORY


async def test_filling_the_disk_is_stopped(bench: Bench) -> None:
    """Attack 34."""
    script = "while :; do head -c 30000000 /dev/zero > /tmp/fill-$RANDOM$RANDOM; done"

    finished = await bench.limited(Limits(disk=100 << 20)).shell(script)

    assert finished.killed_for is Reason.DISK


async def test_a_file_cannot_outgrow_its_limit(bench: Bench) -> None:
    finished = await bench.limited(Limits(file=1 << 20)).shell(
        "head -c 5000000 /dev/zero > big; wc -c < big"
    )

    assert finished.output.splitlines()[-1] == str(1 << 20)


async def test_a_fork_bomb_meets_the_limit_and_is_gone_with_its_command(bench: Bench) -> None:
    """Attack 34."""
    marker = f"64{secrets.randbelow(10**9)}"
    bomb = """
import os, sys, time
started = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
        started += 1
except OSError:
    print(started)
"""

    finished = await bench.limited(Limits(processes=40)).python(bomb, marker)

    assert 30 < int(finished.output) < 40
    assert processes_named(marker) == []


async def test_a_read_only_tree_cannot_be_written(bench: Bench) -> None:
    bench.put("a.txt", "kept\n")

    finished = await bench.changed(lambda cage: replace(cage, writable=False)).shell(
        "echo changed > a.txt; rm a.txt; touch b"
    )

    assert finished.output.count("Read-only file system") == 3
    assert (bench.worktree / "a.txt").read_text() == "kept\n"


async def test_home_and_tmp_last_as_long_as_the_session_and_no_longer(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.shell("echo mine > ~/note; echo mine > /tmp/note")
    again = await bench.shell("cat ~/note /tmp/note")
    Scratch.make(tmp_path / "private" / "scratch", bench.sandbox.owner)

    after = await bench.shell("cat ~/note /tmp/note; ls -A ~ /tmp")

    assert again.output == "mine\nmine\n"
    assert after.output.count("No such file") == 2
    assert after.output.endswith("/home/agent:\n\n/tmp:\n")


async def test_an_environment_is_mounted_read_only_at_its_place(
    bench: Bench, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    (installed / "bin").mkdir(parents=True)
    (installed / "bin" / "greet").write_text("#!/bin/sh\necho hello\n")
    (installed / "bin" / "greet").chmod(0o755)
    place = "/workspace/side/.venv"
    mounted = bench.changed(
        lambda cage: replace(cage, mounts=(Mount(installed, place),), path=(f"{place}/bin",))
    )

    finished = await mounted.shell("greet; touch side/.venv/x; rm -rf side; ls -a side/.venv")

    assert finished.output.startswith("hello\n")
    assert "Read-only file system" in finished.output
    assert finished.output.endswith("bin\n")
    assert mounted.cage.mount_points == ("side/.venv",)


async def test_a_mount_whose_place_the_agent_took_is_left_out_and_nothing_is_followed(
    bench: Bench, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (bench.worktree / "side").symlink_to(outside)
    (bench.worktree / "file").write_text("")
    mounts = (Mount(tmp_path, "/workspace/side/.venv"), Mount(tmp_path, "/workspace/file"))

    finished = await bench.changed(lambda cage: replace(cage, mounts=mounts)).shell(
        "echo still works"
    )

    assert finished.output == "still works\n"
    assert finished.absent == ("side/.venv", "file")
    assert list(outside.iterdir()) == []


async def test_a_single_file_can_be_mounted_and_another_given_for_one_command(
    bench: Bench, tmp_path: Path
) -> None:
    settings = tmp_path / "settings"
    settings.write_text("mounted\n")
    changed = bench.changed(
        lambda cage: replace(
            cage, mounts=(Mount(settings, "/workspace/.git"),), files=(("/run/given", b"inline\n"),)
        )
    )

    finished = await changed.shell("cat .git /run/given; echo x > /run/given")

    assert finished.output.startswith("mounted\ninline\n")
    assert finished.exit_code == 1


async def test_commands_at_the_same_time_see_their_own_trees(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    benches = []
    for number in range(4):
        directory = tmp_path / str(number)
        directory.mkdir()
        benches.append(make_bench(sandbox, directory))
        benches[-1].put("who", str(number))

    finished = await asyncio.gather(*(bench.shell("sleep 0.1; cat who") for bench in benches))

    assert [one.output for one in finished] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    "name", ["with space", "tab\there", "back\\slash", "#hash", "ünï", "new\nline"]
)
async def test_odd_names_of_directories_are_no_obstacle(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    directory = tmp_path / name
    directory.mkdir()

    finished = await make_bench(sandbox, directory).shell("pwd")

    assert finished.output == "/workspace\n"


async def test_a_tree_that_is_not_there_is_an_error(bench: Bench, tmp_path: Path) -> None:
    gone = Cage(worktree=bench.worktree, scratch=tmp_path / "gone", writable=True)

    with pytest.raises(SandboxError):
        await bench.sandbox.run(gone, ["true"], timeout=5)


def test_agents_never_run_as_root() -> None:
    settings = SandboxSettings(agent_uid=0, staging=Path("/nowhere"))

    with pytest.raises(SandboxError, match="never run as root"):
        Sandbox(settings, Toolchain.find())


def test_giving_a_tree_away_does_not_follow_links(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("")
    tree = tmp_path / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / "below" / "link").symlink_to(mine)
    owner = 65432 if os.geteuid() == 0 else os.geteuid()

    own_tree(tree, owner)

    assert (tree / "below" / "link").lstat().st_uid == owner
    assert mine.stat().st_uid == os.geteuid()
