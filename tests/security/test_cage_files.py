"""Files that an agent or a repository puts into its tree lead nowhere and pass for nothing."""

import asyncio
import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.cage import Mount
from app.workspace.tools.toolbox import EDITOR, GREP, NAMES, Toolbox, ToolLimits
from tests.app.workspace.sandbox.kit import Bench
from tests.security.cages import bench, sandbox

__all__ = ["bench", "sandbox"]


def _toolbox(bench: Bench) -> Toolbox:
    return Toolbox(
        bench.sandbox, bench.cage, allowed=frozenset(NAMES), skills={}, limits=ToolLimits()
    )


@pytest.mark.parametrize(
    "target",
    ["/proc/self/environ", "/proc/self/root/etc/shadow", "/dev/fd/0", "/dev/zero", "/etc/passwd"],
)
async def test_the_file_tools_follow_no_link_out(bench: Bench, target: str) -> None:
    """Attack 29."""
    (bench.worktree / "link").symlink_to(target)
    (bench.worktree / "dir").symlink_to("/")

    for path in ("link", f"dir{target}", target, f"/workspace/../..{target}"):
        for call in ({"command": "view"}, {"command": "create", "file_text": "x"}):
            result = await _toolbox(bench).call(EDITOR, {"path": path, **call})

            assert result.is_error
            assert "root:" not in result.text


async def test_the_file_tools_survive_what_is_no_file(bench: Bench) -> None:
    """Attack 29."""
    await bench.shell("mkfifo pipe; python3 -c 'import socket; socket.socket(1).bind(\"sock\")'")
    with (bench.worktree / "sparse").open("wb") as file:
        file.truncate(1 << 42)

    paths = ("pipe", "sock", "sparse", "nul\0byte", "x" * 300, "a/" * 3000, "")
    # Whoever reads the pipe after all is let go at the end.
    writing = os.open(bench.worktree / "pipe", os.O_RDWR)
    try:
        async with asyncio.timeout(5):
            seen = [
                await _toolbox(bench).call(EDITOR, {"command": "view", "path": path})
                for path in paths
            ]
    finally:
        os.close(writing)

    assert [result.is_error for result in seen] == [path != "" for path in paths]


async def test_no_hard_link_to_a_file_outside_can_be_made(bench: Bench, tmp_path: Path) -> None:
    """Attack 29."""
    (tmp_path / "secret").write_text("secret")

    finished = await bench.shell("ln /etc/passwd a; ln /usr/bin/env b; ln /proc/1/environ c; ls -A")

    assert finished.output.count("failed to create hard link") == 3
    assert finished.output.splitlines()[-1].startswith("ln:")


async def test_swapping_a_directory_for_a_link_under_the_editor_leaks_nothing(
    bench: Bench, tmp_path: Path
) -> None:
    """Attack 30."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("secret")
    bench.put("dir/file", "mine")
    (bench.worktree / "link").symlink_to(outside)
    toolbox = _toolbox(bench)
    seen: set[str] = set()

    with _swapping(bench.worktree / "dir", bench.worktree / "link"):
        async with asyncio.timeout(30):
            rounds = 0
            while rounds < 1500 or len(seen) < 2:
                rounds += 1
                view = {"command": "view", "path": "dir/file"}
                seen.add((await toolbox.call(EDITOR, view)).text)
                write = {"command": "create", "path": "dir/file", "file_text": "mine"}
                await toolbox.call(EDITOR, write)

    assert not any("secret" in text for text in seen)
    assert "     1\tmine" in seen
    assert any("symbolic link" in text for text in seen)
    assert (outside / "file").read_text() == "secret"
    assert list(outside.iterdir()) == [outside / "file"]


@contextmanager
def _swapping(one: Path, other: Path) -> Iterator[None]:
    """Exchange two names for one another, as fast as the kernel can, in a thread."""
    stop = threading.Event()
    exchange = ctypes.CDLL(None).renameat2

    def swap() -> None:
        while not stop.is_set():
            exchange(-100, os.fsencode(one), -100, os.fsencode(other), 2)

    racer = threading.Thread(target=swap)
    racer.start()
    try:
        yield
    finally:
        stop.set()
        racer.join()


async def test_nothing_outside_the_worktree_can_be_written(bench: Bench, tmp_path: Path) -> None:
    """Attack 31."""
    gitdir = tmp_path / "gitdir"
    gitdir.mkdir()
    (gitdir / "config").write_text("[core]")
    mounted = bench.changed(lambda cage: replace(cage, mounts=(Mount(gitdir, "/workspace/.git"),)))
    places = (
        "/ /usr /usr/bin /etc /dev /proc /sys /home /opt/phaseline/bin /run /var /workspace/.git"
    )

    finished = await mounted.shell(
        f"for place in {places}; do touch $place/new && echo wrote $place; done 2>/dev/null; "
        "rm -rf .git; mv .git moved; echo > .git/config; echo > /etc/passwd; rm /usr/bin/env"
    )

    assert "wrote" not in finished.output
    assert (gitdir / "config").read_text() == "[core]"
    assert list(gitdir.iterdir()) == [gitdir / "config"]


async def test_a_repositorys_own_programs_stand_for_no_tool(bench: Bench) -> None:
    """Attack 36."""
    for path in ("git", "rg", "node", "python3", "node_modules/.bin/git"):
        bench.put(path, "#!/bin/sh\necho taken\n").chmod(0o755)
    bench.put("site.py", "print('taken')")

    finished = await bench.shell("git --version; rg --version | head -1; python3 -c 'print(1)'")
    searched = await _toolbox(bench).call(GREP, {"pattern": "taken", "path": "site.py"})

    assert "taken" not in finished.output
    assert searched.text == "site.py:1:print('taken')"
