"""What people do to a run's branch, seen on a real git host: commits, a rewrite, a deletion."""

from dataclasses import replace

import pytest

from phases.core.errors import BlockedError
from phases.core.model import Arrival, Run
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.project import MESSAGE, WORK, Room

BRANCH = "phaseline/12-add-a-thing"


async def built(room: Room) -> Run:
    """Return a run whose head is a pushed commit of its own."""
    run = await room.started()
    roster = await room.workspaces.roster(run)
    async with room.workspaces.open(run, WORK, roster, writable=True) as worktree:
        await worktree.call("bash", {"command": "echo 1 > src/ours.py"})
        commit = await worktree.commit(MESSAGE, {"Phaseline-Work": f"{run.id}/{WORK}"})
    await room.workspaces.push(run, commit.sha)
    return replace(run, head=commit.sha)


def on_top(room: Room, message: str) -> str:
    """Commit on top of the branch, as somebody who has fetched it; return the commit."""
    bare = room.bench.host.bare("owner", "project")
    tree = git("rev-parse", f"{BRANCH}^{{tree}}", cwd=bare)
    made = git("commit-tree", "-p", BRANCH, "-m", message, tree, cwd=bare)
    git("update-ref", f"refs/heads/{BRANCH}", made, cwd=bare)
    return made


async def test_a_branch_at_the_head_of_its_run_has_no_news(room: Room) -> None:
    assert await room.workspaces.arrived(await built(room)) is None


async def test_commits_on_top_of_the_head_are_counted(room: Room) -> None:
    run = await built(room)
    on_top(room, "fix: by hand")
    tip = on_top(room, "fix: more by hand")

    assert await room.workspaces.arrived(run) == Arrival(tip, 2)


async def test_a_commit_of_the_run_that_is_not_on_record_is_nobody_elses(room: Room) -> None:
    run = await built(room)
    on_top(room, f"feat: pushed before a crash\n\nPhaseline-Work: {run.id}/qa/test-writer/1")

    assert await room.workspaces.arrived(run) is None


async def test_a_rewritten_branch_blocks_with_the_commit_that_it_lacks(room: Room) -> None:
    run = await built(room)
    assert run.base is not None
    bare = room.bench.host.bare("owner", "project")
    git("update-ref", f"refs/heads/{BRANCH}", run.base.sha, cwd=bare)

    with pytest.raises(BlockedError, match=f"was rewritten(.|\n)*{(run.head or '')[:10]}"):
        await room.workspaces.arrived(run)


async def test_a_deleted_branch_blocks_with_what_to_do(room: Room) -> None:
    run = await built(room)
    bare = room.bench.host.bare("owner", "project")
    git("update-ref", "-d", f"refs/heads/{BRANCH}", cwd=bare)

    with pytest.raises(BlockedError, match=r"not on GitHub any more(.|\n)*/phaseline retry"):
        await room.workspaces.arrived(run)
