"""How long one command takes in its cage, and as a plain process beside it.

The cage mounts what an agent's does: worktree and scratch, the programs of the service, a git
directory and an installed environment. Only a root service stages them in a namespace of its own,
so that the figure of an ordinary user is of less work.
"""

import asyncio
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from app.workspace.sandbox.beneath import own_tree
from app.workspace.sandbox.cage import Cage, Mount
from app.workspace.sandbox.sandbox import Sandbox, SandboxSettings
from app.workspace.sandbox.scratch import Scratch
from app.workspace.sandbox.toolchain import Toolchain

AGENT_UID = 65432
COMMANDS = 60


def sandbox_times() -> tuple[float, float]:
    """Return the medians in milliseconds: in a cage, with everything it mounts, and plain."""
    with tempfile.TemporaryDirectory() as stage, tempfile.TemporaryDirectory() as directory:
        # The agent's user walks through the one; the other is as closed as a real worktree's.
        Path(stage).chmod(0o711)
        return asyncio.run(_times(Path(stage), Path(directory)))


async def _times(staging: Path, private: Path) -> tuple[float, float]:
    caged: list[float] = []
    plain: list[float] = []
    settings = SandboxSettings(agent_uid=AGENT_UID, staging=staging)
    sandbox = Sandbox(settings, Toolchain.find())
    worktree = private / "worktree"
    worktree.mkdir(mode=0o700)
    if sandbox.owner is not None:
        own_tree(worktree, sandbox.owner)
    scratch = Scratch.make(private / "scratch", sandbox.owner)
    mounts = []
    for place in ("/workspace/.git", "/workspace/.venv"):
        source = private / Path(place).name
        (source / "bin").mkdir(parents=True)
        mounts.append(Mount(source, place))
    cage = Cage(worktree=worktree, scratch=scratch.path, writable=True, mounts=tuple(mounts))
    for _ in range(COMMANDS):
        began = time.perf_counter()
        await sandbox.run(cage, ["/bin/true"], timeout=20)
        caged.append(time.perf_counter() - began)
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            "/bin/true", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        await process.communicate()
        plain.append(time.perf_counter() - began)
    return 1000 * statistics.median(caged), 1000 * statistics.median(plain)
