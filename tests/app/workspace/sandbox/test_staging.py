"""A root service shows its agents' uid what lies below closed directories, and nobody else.

A service of an ordinary user stages nothing: nothing is mounted, and the rest holds all the same.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.workspace.sandbox.cage import Cage
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.selftest import explain
from app.workspace.sandbox.staging import drop
from tests.app.workspace.sandbox.kit import AGENT_UID, CHECKOUT, STAGING, Bench, make_bench

_WITHOUT_MOUNTING = ("/usr/bin/setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-all")


def staged(process: str) -> list[str]:
    """What that process sees mounted below the directory of places."""
    mounts = Path("/proc", process, "mounts").read_text(encoding="utf-8").splitlines()
    return [line for line in mounts if f" {STAGING}/" in line]


async def test_places_are_seen_by_no_other_process_and_gone_with_the_command(
    bench: Bench,
) -> None:
    seen: dict[str, list[str]] = {}

    def look(_: bytes) -> None:
        seen["here"] = staged("thread-self")
        seen["outside"] = staged(str(os.getppid()))

    command = ["/bin/sh", "-c", "echo running; read -r word"]
    await bench.sandbox.run(bench.cage, command, timeout=20, on_output=look)

    assert bool(seen["here"]) == (bench.sandbox.owner is not None)
    assert seen["outside"] == []
    assert staged("thread-self") == []


async def test_event_loops_of_several_threads_run_commands_at_once(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    benches = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        benches.append(make_bench(sandbox, tmp_path / str(number)))
        benches[-1].put("who", str(number))

    def run(bench: Bench) -> str:
        async def thrice() -> str:
            return "".join([(await bench.shell("sleep 0.05; cat who")).output for _ in range(3)])

        return asyncio.run(thrice())

    found = await asyncio.gather(*(asyncio.to_thread(run, bench) for bench in benches))

    assert found == ["000", "111", "222"]


async def test_a_directory_made_anew_at_the_same_path_is_the_one_that_is_seen(
    bench: Bench,
) -> None:
    bench.put("age", "old")
    before = (await bench.shell("cat age")).output
    bench.worktree.rename(bench.worktree.with_name("aside"))
    bench.worktree.mkdir(mode=0o700)
    bench.put("age", "new")

    assert (before, (await bench.shell("cat age")).output) == ("old", "new")


async def test_a_tree_that_is_gone_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    bench = make_bench(sandbox, tmp_path)
    gone = Cage(worktree=bench.worktree, scratch=tmp_path / "gone", writable=True)

    with pytest.raises(SandboxError, match="gone"):
        await sandbox.run(gone, ["/bin/true"], timeout=5)
    # What was bound before it is taken away as well.
    assert staged("thread-self") == []


def test_a_root_that_may_not_mount_is_told_what_it_lacks() -> None:
    program = f"""
from contextlib import ExitStack
from pathlib import Path
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.staging import Staging
try:
    with ExitStack() as undo:
        Staging(Path({str(STAGING)!r})).stage([Path("/usr")], undo)
except SandboxError as error:
    print(error)
"""
    line = [*_WITHOUT_MOUNTING, sys.executable, "-B", "-c", program]
    line = line if os.geteuid() == 0 else line[len(_WITHOUT_MOUNTING) :]

    done = subprocess.run(line, check=True, capture_output=True, text=True, cwd=CHECKOUT)

    said = done.stdout.strip()
    assert said == "cannot make a mount namespace: Operation not permitted"
    assert "give its container CAP_SYS_ADMIN" in explain(SandboxError(said))


def test_an_agent_is_in_none_of_the_groups_of_root() -> None:
    as_root = os.geteuid() == 0
    groups = ["/usr/bin/setpriv", "--groups", "0,4"] if as_root else []
    line = [*groups, *drop(["/usr/bin/id"], AGENT_UID)]

    said = subprocess.run(line, check=False, capture_output=True, text=True).stdout.strip()

    # Who is not root cannot change what it is: then nothing is started at all.
    assert said == (f"uid={AGENT_UID} gid={AGENT_UID} groups={AGENT_UID}" if as_root else "")
