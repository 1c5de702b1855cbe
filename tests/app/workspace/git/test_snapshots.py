"""A checkout goes on on a machine that has nothing of it: by its snapshots, kept as packs."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.workspace.mirror import Mirrors
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.workspaces import GitWorkspaces
from phases.core.errors import SnapshotLostError
from phases.core.model import Change, ChangeKind, Run
from phases.core.submission import CommitMessage
from phases.core.work import WorkName
from tests.app.workspace.git.kit import Bench, a_run
from tests.app.workspace.git.room import KeptLogs, KeptPacks, room_with
from tests.app.workspace.sandbox.kit import make_sandbox

WORK = WorkName.parse("implementation/backend-developer/1")
FILES = {"src/calc.py": "def add(a, b):\n    return a + b\n", "docs/old.md": "Old.\n"}
NOISE = "head -c 60000 /dev/urandom | base64 > src/noise.txt"


@dataclass
class Machines:
    """One database of packs, and as many machines as a test asks for."""

    bench: Bench
    sandbox: Sandbox
    packs: KeptPacks
    root: Path

    def machine(self, name: str) -> GitWorkspaces:
        data = self.root / name
        data.mkdir()
        mirrors = Mirrors(self.bench.git, self.bench.remote, data / "repositories")
        # Commits of two machines are not made in the same second.
        minutes = len(list(self.root.iterdir()))
        mine = replace(self.bench, data=data, mirrors=mirrors, minutes=minutes)
        return room_with(mine, self.sandbox, KeptLogs(), self.packs)

    async def run_on(self, machine: GitWorkspaces) -> Run:
        self.bench.host.create("owner", "project", FILES)
        run = a_run()
        return replace(run, base=await machine.fetch_base(run))


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def machines(bench: Bench, sandbox: Sandbox, tmp_path: Path) -> Machines:
    return Machines(bench, sandbox, KeptPacks(), tmp_path)


async def worked(machine: GitWorkspaces, run: Run, *commands: str) -> list[str]:
    roster = await machine.roster(run)
    names: list[str] = []
    async with machine.open(run, WORK, roster, writable=True) as worktree:
        for command in commands:
            result = await worktree.call("bash", {"command": command})
            assert not result.is_error, result.text
            name = await worktree.snapshot()
            assert name is not None
            names.append(name)
    return names


async def changes_after(machine: GitWorkspaces, run: Run, snapshot: str) -> tuple[Change, ...]:
    roster = await machine.roster(run)
    async with machine.open(run, WORK, roster, writable=True) as worktree:
        await worktree.restore(snapshot)
        return await worktree.changes()


async def test_files_go_on_on_a_machine_that_has_nothing_of_the_run(machines: Machines) -> None:
    first = machines.machine("first")
    run = await machines.run_on(first)
    *_, last = await worked(
        first, run, "echo 1 > src/new.py", "rm docs/old.md; echo 2 >> src/new.py"
    )

    changes = await changes_after(machines.machine("second"), run, last)

    assert changes == (
        Change("docs/old.md", ChangeKind.DELETED),
        Change("src/new.py", ChangeKind.ADDED),
    )


async def test_a_snapshot_takes_along_only_what_the_one_before_it_has_not(
    machines: Machines,
) -> None:
    first = machines.machine("first")
    run = await machines.run_on(first)

    await worked(first, run, NOISE, "echo 1 > src/new.py", "true")

    noise, new = await machines.packs.packs(run.id, str(WORK))
    assert len(noise) > 40_000
    assert len(new) < 1_000


async def test_after_a_restart_a_snapshot_still_builds_on_those_before_it(
    machines: Machines,
) -> None:
    first = machines.machine("first")
    run = await machines.run_on(first)
    (noisy,) = await worked(first, run, NOISE)
    second = machines.machine("second")

    roster = await second.roster(run)
    async with second.open(run, WORK, roster, writable=True) as worktree:
        await worktree.restore(noisy)
        await worktree.call("bash", {"command": "echo 1 > src/new.py"})
        last = await worktree.snapshot()

    assert len((await machines.packs.packs(run.id, str(WORK)))[-1]) < 1_000
    assert last is not None
    third = await changes_after(machines.machine("third"), run, last)
    assert [change.path for change in third] == ["src/new.py", "src/noise.txt"]


async def test_a_snapshot_that_had_no_room_is_lost_elsewhere_and_there_where_it_was_made(
    machines: Machines,
) -> None:
    machines.packs.most_bytes = 10_000
    first = machines.machine("first")
    run = await machines.run_on(first)
    _, last = await worked(first, run, NOISE, "echo 1 > src/new.py")

    with pytest.raises(SnapshotLostError, match="begins anew from the last commit"):
        await changes_after(machines.machine("second"), run, last)

    there = await changes_after(first, run, last)
    assert [change.path for change in there] == ["src/new.py", "src/noise.txt"]


async def test_an_attempt_begins_with_what_the_one_before_left_unless_that_is_lost(
    machines: Machines,
) -> None:
    first, second = machines.machine("first"), machines.machine("second")
    run = await machines.run_on(first)
    await second.fetch_base(run)
    (left,) = await worked(first, run, "echo 1 > src/new.py")
    roster = await second.roster(run)

    async with second.open(run, WORK, roster, writable=True) as worktree:
        lost = await worktree.take_up("0" * 40)
        nothing = await worktree.changes()
        taken = await worktree.take_up(left)
        await worktree.call("bash", {"command": "rm docs/old.md"})
        await worktree.begin_again()
        changes = await worktree.changes()

    assert (lost, taken) == (False, True)
    assert nothing == ()
    assert changes == (Change("src/new.py", ChangeKind.ADDED),)


async def test_a_commit_that_another_machine_pushed_before_it_died_is_found_and_not_made_again(
    machines: Machines,
) -> None:
    first, second = machines.machine("first"), machines.machine("second")
    run = await machines.run_on(first)
    await second.fetch_base(run)
    (snapshot,) = await worked(first, run, "echo 1 > src/new.py")
    pushed = await delivered(first, run, snapshot)

    again = await delivered(second, run, snapshot)

    assert again == pushed


async def delivered(machine: GitWorkspaces, run: Run, snapshot: str) -> str:
    """Commit and push as a step does at its end; return the commit."""
    roster = await machine.roster(run)
    async with machine.open(run, WORK, roster, writable=True) as worktree:
        await worktree.restore(snapshot)
        commit = await worktree.commit(CommitMessage("feat", None, "number", None), {})
        await machine.push(run, commit.sha)
    return commit.sha
