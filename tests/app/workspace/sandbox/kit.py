"""A cage to try things in: a real sandbox, a worktree below directories of mode 0700."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.workspace.sandbox.beneath import own_tree
from app.workspace.sandbox.cage import Cage, Limits
from app.workspace.sandbox.sandbox import Finished, Sandbox, SandboxSettings
from app.workspace.sandbox.scratch import Scratch
from app.workspace.sandbox.toolchain import Toolchain

AGENT_UID = 65432
STAGING = Path("/run/phaseline-test/stage")
CHECKOUT = Path(__file__).parents[4]


@dataclass(frozen=True)
class Bench:
    """A sandbox and one cage in it."""

    sandbox: Sandbox
    cage: Cage

    @property
    def worktree(self) -> Path:
        return self.cage.worktree

    async def shell(self, script: str, *, timeout: float = 20) -> Finished:  # noqa: ASYNC109
        return await self.sandbox.run(self.cage, ["/bin/bash", "-c", script], timeout=timeout)

    async def python(self, program: str, *arguments: str) -> Finished:
        line = ["/usr/bin/python3", "-IS", "-c", program, *arguments]
        return await self.sandbox.run(self.cage, line, timeout=30)

    def changed(self, change: Callable[[Cage], Cage]) -> "Bench":
        return replace(self, cage=change(self.cage))

    def limited(self, limits: Limits) -> "Bench":
        return replace(self, cage=replace(self.cage, limits=limits))

    def put(self, path: str, text: str) -> Path:
        file = self.worktree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if self.sandbox.owner is not None:
            own_tree(self.worktree, self.sandbox.owner)
        return file


def make_sandbox() -> Sandbox:
    return Sandbox(SandboxSettings(agent_uid=AGENT_UID, staging=STAGING), Toolchain.find())


def make_bench(sandbox: Sandbox, directory: Path, *, writable: bool = True) -> Bench:
    """A cage below `directory`, which nobody else may enter."""
    private = directory / "private"
    private.mkdir(mode=0o700)
    worktree = private / "worktree"
    worktree.mkdir(mode=0o700)
    if sandbox.owner is not None:
        own_tree(worktree, sandbox.owner)
    scratch = Scratch.make(private / "scratch", sandbox.owner)
    return Bench(sandbox, Cage(worktree=worktree, scratch=scratch.path, writable=writable))


def processes_named(marker: str) -> list[int]:
    """Processes of this machine whose command line holds the marker, ourselves aside."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if marker.encode() in line:
            found.append(int(entry.name))
    return found


async def as_ordinary_user(program: str) -> str:
    """Run a Python program of this checkout as a user that is not root; returns what it printed.

    Its first argument is an empty directory of its own. For root the checkout is bound to a place
    that everybody can walk to, in a mount namespace that ends with the program.
    """
    with tempfile.TemporaryDirectory() as data:
        return (await asyncio.to_thread(_output, _line(program, data))).decode()


def _line(program: str, data: str) -> list[str]:
    if os.geteuid() != 0:
        return [sys.executable, "-B", "-c", program, data]
    place = Path("/run/phaseline-test/user")
    for name in ("checkout", "data"):
        (place / name).mkdir(parents=True, exist_ok=True)
    script = (
        f"mount --bind {CHECKOUT} {place}/checkout && "
        f"mount -t tmpfs -o mode=0700,uid=65534,gid=65534 none {place}/data && "
        f"cd {place}/checkout && exec env PYTHONPATH={place}/checkout "
        'setpriv --reuid 65534 --regid 65534 --clear-groups .venv/bin/python -B -c "$0" '
        f"{place}/data"
    )
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, program]


def _output(line: list[str]) -> bytes:
    finished = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert finished.returncode == 0, finished.stdout.decode()
    return finished.stdout
