"""Control groups: used where one was delegated, and otherwise nothing is touched.

Where the kernel has none to give, a directory stands for it: what is written is looked at.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.cage import Limits
from app.workspace.sandbox.cgroup import Group, delegated, group
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.watchdog import Reason
from tests.app.workspace.sandbox.kit import Bench, processes_named

FILES = {
    "cgroup.type": "domain\n",
    "cgroup.controllers": "cpu memory pids\n",
    "cgroup.subtree_control": "",
    "cgroup.procs": "11\n12\n",
}


def _host(directory: Path, files: dict[str, str]) -> tuple[Path, Path, Path]:
    """Files like those of /proc, and a group `a/b` in the mounted tree."""
    mine = directory / "tree" / "a" / "b"
    mine.mkdir(parents=True)
    for name, text in files.items():
        (mine / name).write_text(text)
    mounts, own = directory / "mounts", directory / "cgroup"
    mounts.write_text(f"proc /proc proc rw 0 0\ncgroup2 {directory}/tree cgroup2 rw 0 0\n")
    own.write_text("4:memory:/else\n0::/a/b\n")
    return mounts, own, mine


def test_a_delegated_group_is_made_ready_and_its_processes_move_one_down(tmp_path: Path) -> None:
    mounts, own, mine = _host(tmp_path, FILES)

    found = delegated(mounts, own)

    assert found == mine
    assert (mine / "service" / "cgroup.procs").read_text() in {"11", "12"}
    assert (mine / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_a_process_that_has_moved_finds_the_same_group_again(tmp_path: Path) -> None:
    mounts, own, mine = _host(tmp_path, {**FILES, "cgroup.subtree_control": "memory pids\n"})
    (mine / "service").mkdir()
    (mine / "service" / "cgroup.type").write_text("domain\n")
    own.write_text("0::/a/b/service\n")

    assert delegated(mounts, own) == mine
    assert not (mine / "service" / "service").exists()


@pytest.mark.parametrize(
    "changed", [{"cgroup.controllers": "cpu pids\n"}, {"cgroup.type": None}, {"cgroup.procs": None}]
)
def test_a_group_without_what_is_needed_is_left_alone(
    tmp_path: Path, changed: dict[str, str | None]
) -> None:
    files = {name: text for name, text in {**FILES, **changed}.items() if text is not None}
    mounts, own, mine = _host(tmp_path, files)

    assert delegated(mounts, own) is None
    assert (mine / "cgroup.subtree_control").read_text() == ""


def test_a_host_without_the_second_version_has_none(tmp_path: Path) -> None:
    mounts, own, _ = _host(tmp_path, FILES)
    mounts.write_text("cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n")

    assert delegated(mounts, own) is None


def test_memory_is_limited_as_a_sum_and_all_end_together(tmp_path: Path) -> None:
    made = Group(tmp_path)

    made.limit(Limits(memory=5 << 20, processes=9), {"memory", "pids", "cpu"})

    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert written == {
        "memory.max": str(5 << 20),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "17",
    }


@pytest.mark.parametrize(
    ("events", "out"),
    [("oom 0\noom_kill 0\n", False), ("oom 3\noom_kill 2\n", True), (None, False)],
)
def test_a_kill_by_the_kernel_is_read_from_the_groups_events(
    tmp_path: Path, events: str | None, out: bool
) -> None:
    if events is not None:
        (tmp_path / "memory.events").write_text(events)

    assert Group(tmp_path).ran_out_of_memory() == out


@pytest.fixture
def tree() -> Iterator[Path]:
    """A real group where this user may make one, otherwise a directory that stands for it."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    real = [Path(line.split()[1]) for line in mounts if line.split()[2] == "cgroup2"]
    with tempfile.TemporaryDirectory() as place:
        if not (real and os.access(real[0], os.W_OK)):
            (Path(place) / "cgroup.subtree_control").write_text("")
            yield Path(place)
            return
        made = real[0] / f"phaseline-test-{os.getpid()}"
        made.mkdir()
        try:
            yield made
        finally:
            made.rmdir()


def _members(tree: Path) -> list[str]:
    return [word for file in tree.glob("cage-*/cgroup.procs") for word in file.read_text().split()]


async def test_a_command_runs_in_its_group_and_nothing_of_it_is_left(
    bench: Bench, tree: Path
) -> None:
    settings = replace(bench.sandbox.settings, cgroups=tree)
    sandbox = Sandbox(settings, bench.sandbox.toolchain)
    begun = asyncio.Event()
    line = ["/bin/bash", "-c", "echo begun; until [[ -e go ]]; do :; done"]

    running = asyncio.create_task(
        sandbox.run(bench.cage, line, timeout=20, on_output=lambda _: begun.set())
    )
    await begun.wait()
    inside = _members(tree)
    bench.put("go", "")
    finished = await running

    assert finished.output == "begun\n"
    assert inside
    assert _members(tree) == [] or not (tree / "cgroup.controllers").exists()


async def test_what_is_left_in_a_group_ends_with_it(tree: Path) -> None:
    marker = f"91{os.getpid()}"

    async with group(tree, Limits()) as made:
        line = made.enter(["/bin/sh", "-c", f"echo up; exec sleep {marker}"])
        process = await asyncio.create_subprocess_exec(*line, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        await process.stdout.readline()
        if not (tree / "cgroup.controllers").exists():
            process.kill()

    assert await process.wait() == -9
    assert processes_named(marker) == []


async def test_memory_ends_a_command_with_a_group_or_without(bench: Bench) -> None:
    settings = replace(bench.sandbox.settings, cgroups=delegated())
    grouped = replace(bench, sandbox=Sandbox(settings, bench.sandbox.toolchain))
    hog = "python3 -c 'x = bytearray(60 << 20); import time; time.sleep(20)'"

    finished = await grouped.limited(Limits(memory=100 << 20)).shell(f"{hog} & {hog} & wait")

    assert finished.killed_for is Reason.MEMORY
