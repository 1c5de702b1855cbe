"""Steps over real git and in the real cage: what they do, see, are refused and leave behind."""

from dataclasses import replace

import pytest

from app.workspace.sandbox.sandbox import Sandbox
from phases.core.errors import BlockedError, TransientError
from phases.core.model import Change, ChangeKind
from phases.core.receipts import CheckKind, CheckStatus
from tests.app.workspace.git.project import MESSAGE, WORK, Room, by_kind
from tests.app.workspace.git.room import whole_room


async def test_a_step_works_in_the_cage_and_its_commit_is_pushed_and_checked(room: Room) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)
    await room.workspaces.prepare(run)

    async with room.workspaces.open(run, WORK, roster, writable=True) as worktree:
        written = await worktree.call(
            "bash",
            {
                "command": "printf 'def multiply(a, b):\\n\\treturn a * b  # tab\\n' > src/more.py;"
                " echo noise > a.log; git status --short; git log --format=%s; which ruff"
            },
        )
        changes = await worktree.changes()
        commit = await worktree.commit(MESSAGE, {})
    await room.workspaces.push(run, commit.sha)
    await room.workspaces.push(run, commit.sha)
    receipts = by_kind(await room.workspaces.check(run, commit.sha))

    assert "?? src/more.py" in written.text
    assert "chore: change files" in written.text
    assert "/workspace/.venv/bin/ruff" in written.text
    assert changes == (Change("src/more.py", ChangeKind.ADDED),)
    assert room.bench.host.tip("owner", "project", "phaseline/12-add-a-thing") == commit.sha
    pushed = [asked for asked in room.bench.host.asked if asked.target.endswith("receive-pack")]
    assert [asked.method for asked in pushed] == ["GET", "POST"]
    lint, tests = receipts[CheckKind.LINT], receipts[CheckKind.TESTS]
    assert (lint.status, lint.exit_code) == (CheckStatus.FAILED, 1)
    assert [(f.file, f.rule) for f in lint.failures] == [("src/more.py", "E101")]
    assert (tests.status, tests.passed, tests.failed) == (CheckStatus.PASSED, 1, 0)
    assert receipts[CheckKind.TYPES].reason == "No types check is configured for the backend."
    assert {receipt.commit for receipt in receipts.values()} == {commit.sha}
    assert {receipt.tree for receipt in receipts.values()} == {commit.tree}
    assert "Ran 1 test" in room.logs.texts[tests.log_sha256]


async def test_nothing_is_left_of_a_step_but_what_it_committed(room: Room) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)

    async with room.workspaces.open(run, WORK, roster, writable=True) as worktree:
        await worktree.call("bash", {"command": "mkdir -p d && chmod 000 d; echo x > y"})

    assert list((room.bench.data / "steps").iterdir()) == []
    assert list((room.bench.data / "prepare").iterdir()) == []


async def test_a_read_only_step_cannot_write_and_has_no_snapshot(room: Room) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)

    async with room.workspaces.open(run, WORK, roster, writable=False) as worktree:
        result = await worktree.call("bash", {"command": "echo x > src/new.py"})
        changes = await worktree.changes()
        snapshot = await worktree.snapshot()

    assert "Read-only file system" in result.text
    assert (changes, snapshot) == ((), None)


async def test_a_snapshot_puts_the_files_back_after_a_restart(room: Room, sandbox: Sandbox) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)
    async with room.workspaces.open(run, WORK, roster, writable=True) as worktree:
        await worktree.call("bash", {"command": "echo 1 > src/new.py; rm CLAUDE.md"})
        kept = await worktree.snapshot()
        unchanged = await worktree.snapshot()
    restarted = whole_room(room.bench, sandbox, room.logs)

    async with restarted.open(run, WORK, roster, writable=True) as worktree:
        assert kept is not None
        await worktree.restore(kept)
        restored = await worktree.changes()
        await worktree.begin_again()
        begun_again = await worktree.changes()

    assert unchanged == kept
    assert restored == (
        Change("CLAUDE.md", ChangeKind.DELETED),
        Change("src/new.py", ChangeKind.ADDED),
    )
    assert begun_again == ()


async def test_a_path_that_the_repository_protects_is_refused_and_put_back(room: Room) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)

    async with room.workspaces.open(run, WORK, roster, writable=True) as worktree:
        await worktree.call("bash", {"command": "echo 'X = 2' > src/frozen.py"})
        changes = await worktree.changes()
        await worktree.restore_paths(("src/frozen.py",))
        after = await worktree.changes()

    assert [change.refusal for change in changes] == ["`.github/phaseline.yml` protects it"]
    assert after == ()


async def test_lines_and_diffs_are_read_from_git_objects(room: Room) -> None:
    run = await room.started()
    assert run.base is not None
    head = room.bench.host.push(
        "owner", "project", {"src/calculator.py": "x = 1\n"}, branch="phaseline/12-add-a-thing"
    )
    roster = await room.workspaces.roster(run)

    async with room.workspaces.open(
        replace(run, head=head), WORK, roster, writable=True
    ) as worktree:
        looked = await worktree.call(
            "bash", {"command": "git rev-parse HEAD origin/main; git status --porcelain"}
        )
        diff = await worktree.diff(run.base.sha, limit=10_000)
        cut = await worktree.diff(run.base.sha, limit=40)
        lines = [worktree.line_exists("src/calculator.py", line) for line in (1, 2, 3, 0)]
        paths = [worktree.line_exists(path, None) for path in ("src", "src/frozen.py", "nowhere")]

    assert looked.text == f"{head}\n{run.base.sha}\n[exit code 0]"
    assert "-def add(a, b):" in diff
    assert "+x = 1" in diff
    assert cut.endswith("[The diff goes on; beyond 40 characters it is left out.]")
    assert lines == [True, False, False, False]
    assert paths == [True, True, False]


async def test_a_cited_place_exists_where_the_step_started_or_in_what_it_has_written(
    room: Room,
) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)

    async with room.workspaces.open(run, WORK, roster, writable=True) as worktree:
        before = worktree.line_exists("src/new.py", 2)
        command = "printf 'a\\nb\\n' > src/new.py; rm src/calculator.py; ln -s /etc x"
        await worktree.call("bash", {"command": command})
        written = [worktree.line_exists("src/new.py", line) for line in (None, 2, 3)]
        gone = worktree.line_exists("src/calculator.py", 1)
        outside = [worktree.line_exists("x/passwd", 1), worktree.line_exists("../tree/src", None)]

    assert not before
    assert gone
    assert written == [True, True, False]
    assert outside == [False, False]


async def test_what_a_step_has_written_is_told_as_a_diff_from_its_start(room: Room) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)

    async with room.workspaces.open(run, WORK, roster, writable=True) as worktree:
        nothing = await worktree.written(limit=10_000)
        await worktree.call("bash", {"command": "echo 'x = 1  # noqa' >> src/calculator.py"})
        diff = await worktree.written(limit=10_000)

    assert nothing == ""
    assert "+++ b/src/calculator.py" in diff
    assert "+x = 1  # noqa" in diff


async def test_a_head_that_github_does_not_show_yet_is_waited_for(room: Room) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)

    with pytest.raises(TransientError, match="does not show commit 0123456789 "):
        async with room.workspaces.open(
            replace(run, head="0123456789abcdef0123456789abcdef01234567"),
            WORK,
            roster,
            writable=True,
        ):
            pass


async def test_a_branch_with_commits_of_others_is_not_overwritten(room: Room) -> None:
    run = await room.started()
    roster = await room.workspaces.roster(run)
    theirs = room.bench.host.push(
        "owner", "project", {"src/theirs.py": ""}, branch="phaseline/12-add-a-thing"
    )
    async with room.workspaces.open(run, WORK, roster, writable=True) as worktree:
        await worktree.call("bash", {"command": "echo 1 > src/ours.py"})
        commit = await worktree.commit(MESSAGE, {})

    with pytest.raises(BlockedError, match="Nothing was overwritten"):
        await room.workspaces.push(run, commit.sha)

    assert room.bench.host.tip("owner", "project", "phaseline/12-add-a-thing") == theirs
