"""A git command as a process: it may outlive its service, and the disk may be full."""

import fcntl
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.workspace.git import Git
from phases.core.errors import DiskFullError

SERVICE = """\
import asyncio, fcntl, sys
from pathlib import Path
from app.workspace.git import Git

async def main(lock, program):
    git = Git(Path(program), schemes=(), network={})
    with open(lock, "a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        await git.run(Path("/"), "fetch", lock=handle.fileno())

asyncio.run(main(*sys.argv[1:]))
"""


def test_when_the_service_dies_its_lock_stays_until_the_git_that_it_began_has_ended(
    tmp_path: Path,
) -> None:
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    for pipe in (begun, go_on):
        os.mkfifo(pipe)
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\necho $$ > {begun}\nread word < {go_on}\n")
    program.chmod(0o755)
    lock = tmp_path / "lock"
    service = subprocess.Popen([sys.executable, "-c", SERVICE, str(lock), str(program)])
    git = int(begun.read_text())

    service.send_signal(signal.SIGKILL)
    service.wait()

    with lock.open("a") as handle:
        assert not _free(handle.fileno())
        ended = os.pidfd_open(git)
        go_on.write_text("now\n")
        select.select([ended], [], [], 30)
        os.close(ended)
        assert _free(handle.fileno())


def _free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize(
    "said", ["file write error: No space left on device", "write error. Out of diskspace"]
)
async def test_a_git_that_finds_no_space_says_that_the_disk_is_full(
    tmp_path: Path, said: str
) -> None:
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\necho 'fatal: {said}' >&2\nexit 128\n")
    program.chmod(0o755)

    with pytest.raises(DiskFullError):
        await Git(program, schemes=(), network={}).run(tmp_path, "write-tree")
