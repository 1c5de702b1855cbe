"""A base branch that moves, on a real git host: measured, merged where it can be, never forced."""

from dataclasses import replace

from phases.core.model import Drift, Run
from phases.core.work import WorkName
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.project import MESSAGE, Room
from tests.app.workspace.git.test_arrivals import BRANCH, built

MERGE = WorkName.parse("ready/merge/1")
RESOLVE = WorkName.parse("ready/backend-developer/1")


def base_moves(room: Room, path: str, text: str) -> str:
    """Commit a file to the default branch, as somebody who merged something; return the commit."""
    work = room.bench.data / "somebody"
    bare = room.bench.host.bare("owner", "project")
    if not work.exists():
        git("clone", "-q", "-b", "main", str(bare), str(work), cwd=room.bench.data)
    (work / path).parent.mkdir(parents=True, exist_ok=True)
    (work / path).write_text(text)
    git("add", ".", cwd=work)
    git("commit", "-q", "-m", "feat: meanwhile", cwd=work)
    git("push", "-q", "origin", "main", cwd=work)
    return git("rev-parse", "HEAD", cwd=work)


def branch_tip(room: Room) -> str:
    return git("rev-parse", BRANCH, cwd=room.bench.host.bare("owner", "project"))


async def clashing(room: Room) -> tuple[Run, str]:
    """Return a run that added a file, and a base branch that added another of that name."""
    run = await built(room)
    return run, base_moves(room, "src/ours.py", "2\n")


async def test_a_base_branch_that_stands_where_it_stood_is_no_drift(room: Room) -> None:
    assert await room.workspaces.drift(await built(room)) is None


async def test_commits_that_merge_cleanly_are_counted_and_merged_as_one_commit(room: Room) -> None:
    run = await built(room)
    base_moves(room, "src/theirs.py", "1\n")
    tip = base_moves(room, "src/theirs.py", "2\n")

    drift = await room.workspaces.drift(run)
    merge = await room.workspaces.merge(run, MERGE, tip)

    assert drift == Drift(tip, 2, ())
    assert merge.commit is not None
    assert branch_tip(room) == merge.commit.sha
    bare = room.bench.host.bare("owner", "project")
    assert git("log", "-1", "--format=%P", BRANCH, cwd=bare).split() == [run.head, tip]
    merged = replace(run, head=merge.commit.sha)
    assert await room.workspaces.drift(merged) is None
    assert await room.workspaces.arrived(merged) is None


async def test_a_merge_whose_end_nobody_heard_is_not_made_twice(room: Room) -> None:
    run = await built(room)
    tip = base_moves(room, "src/theirs.py", "1\n")
    first = await room.workspaces.merge(run, MERGE, tip)

    again = await room.workspaces.merge(run, MERGE, tip)

    assert again == first


async def test_a_conflict_is_named_and_nothing_is_pushed(room: Room) -> None:
    run, tip = await clashing(room)

    drift = await room.workspaces.drift(run)
    merge = await room.workspaces.merge(run, MERGE, tip)

    assert drift == Drift(tip, 1, ("src/ours.py",))
    assert (merge.conflicts, merge.commit) == (("src/ours.py",), None)
    assert branch_tip(room) == run.head


async def test_a_resolved_conflict_is_one_commit_of_both_sides_without_a_marker(room: Room) -> None:
    run, tip = await clashing(room)
    roster = await room.workspaces.roster(run)

    async with room.workspaces.open(run, RESOLVE, roster, writable=True, merging=tip) as tree:
        conflicts, before = tree.conflicts, await tree.unresolved()
        seen = await tree.call("bash", {"command": "cat src/ours.py; git status --short"})
        await tree.call("bash", {"command": "printf '1\\n2\\n' > src/ours.py"})
        after = await tree.unresolved()
        commit = await tree.commit(MESSAGE, {"Phaseline-Work": f"{run.id}/{RESOLVE}"})
    await room.workspaces.push(run, commit.sha)

    assert (conflicts, before, after) == (("src/ours.py",), ("src/ours.py",), ())
    assert "<<<<<<<" in seen.text
    assert commit.files == ("src/ours.py",)
    bare = room.bench.host.bare("owner", "project")
    assert git("log", "-1", "--format=%P", BRANCH, cwd=bare).split() == [run.head, tip]
    assert git("show", f"{BRANCH}:src/ours.py", cwd=bare) == "1\n2"
    assert await room.workspaces.drift(replace(run, head=commit.sha)) is None


async def test_what_the_branch_changes_is_told_by_git_and_holds_nothing_of_the_base(
    room: Room,
) -> None:
    run = await built(room)
    tip = base_moves(room, "src/theirs.py", "1\n")
    merge = await room.workspaces.merge(run, MERGE, tip)
    assert merge.commit is not None

    changed = await room.workspaces.changed(replace(run, head=merge.commit.sha))

    assert changed == ("src/ours.py",)


async def test_a_base_branch_that_was_rewritten_is_measured_against_the_pinned_commit(
    room: Room,
) -> None:
    """Attack 20."""
    run = await built(room)
    work = room.bench.data / "somebody"
    base_moves(room, "src/theirs.py", "1\n")
    git("commit", "-q", "--amend", "-m", "feat: otherwise", cwd=work)
    git("push", "-q", "--force", "origin", "main", cwd=work)
    tip = git("rev-parse", "HEAD", cwd=work)

    assert await room.workspaces.drift(run) == Drift(tip, 1, ())
