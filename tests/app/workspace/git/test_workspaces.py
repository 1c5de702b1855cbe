"""The port of the phases, whole: real git over HTTP, the real cage, a prepared environment."""

from dataclasses import dataclass, replace

import pytest

from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.workspaces import GitWorkspaces
from phases.core.errors import BlockedError, TransientError
from phases.core.model import Change, ChangeKind, Run
from phases.core.ports import Workspaces
from phases.core.receipts import CheckKind, CheckStatus, Receipt
from phases.core.submission import CommitMessage, Side
from phases.core.work import WorkName
from tests.app.workspace.git.kit import Bench, a_run
from tests.app.workspace.git.room import KeptLogs, whole_room
from tests.app.workspace.sandbox.kit import make_sandbox

WORK = WorkName.parse("implementation/backend-developer/1")
MESSAGE = CommitMessage("feat", None, "multiply", None)
LINTER = """\
import json, pathlib, sys
bad = [p for p in sorted(pathlib.Path("src").rglob("*.py")) if "tab" in p.read_text()]
print(json.dumps([{"code": "E101", "filename": str(p.absolute()), "message": "a tab",
                   "location": {"row": 1, "column": 1}} for p in bad]))
sys.exit(1 if bad else 0)
"""
FILES = {
    ".github/phaseline.yml": (
        "setup:\n"
        "  - mkdir -p .venv/bin && cp tools/ruff.py .venv/bin/ruff && chmod +x .venv/bin/ruff\n"
        "checks:\n"
        "  backend:\n"
        "    lint: ruff check src\n"
        "    tests: python3 -m unittest discover -s tests\n"
        "paths:\n"
        "  backend: [src/**]\n"
        "  tests: [tests/**]\n"
        "protected: [src/frozen.py]\n"
    ),
    ".gitignore": "*.log\n.venv/\n__pycache__/\n",
    "CLAUDE.md": "Be plain.\n",
    "src/calculator.py": "def add(a, b):\n    return a + b\n",
    "src/frozen.py": "X = 1\n",
    "tests/test_calculator.py": (
        "import sys, unittest\n"
        "sys.path.insert(0, 'src')\n"
        "from calculator import add\n\n\n"
        "class AddTest(unittest.TestCase):\n"
        "    def test_adds(self):\n"
        "        self.assertEqual(add(1, 2), 3)\n"
    ),
    "tools/ruff.py": f"#!/usr/bin/python3\n{LINTER}",
}


@dataclass
class Room:
    bench: Bench
    workspaces: GitWorkspaces
    logs: KeptLogs

    async def started(self, files: dict[str, str] | None = None) -> Run:
        self.bench.host.create("owner", "project", files or FILES)
        run = a_run()
        return replace(run, base=await self.workspaces.fetch_base(run))


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def room(bench: Bench, sandbox: Sandbox) -> Room:
    logs = KeptLogs()
    return Room(bench, whole_room(bench, sandbox, logs), logs)


def by_kind(receipts: tuple[Receipt, ...]) -> dict[CheckKind, Receipt]:
    return {receipt.check.kind: receipt for receipt in receipts}


def test_it_is_the_port_of_the_phases(room: Room) -> None:
    port: Workspaces = room.workspaces

    assert port is room.workspaces


async def test_the_base_is_the_tip_of_the_default_branch_with_its_places(room: Room) -> None:
    run = await room.started()

    assert run.base is not None
    assert run.base.sha == room.bench.host.tip("owner", "project", "main")
    assert run.base.places.of(Side.BACKEND) == ("src/**",)
    assert run.base.places.tests == ("tests/**",)
    assert run.base.places.of(Side.FRONTEND) == ()


async def test_agents_are_told_files_checks_and_what_is_not_configured(room: Room) -> None:
    run = await room.started()

    told = await room.workspaces.survey(run)

    assert "src/calculator.py (32 B)" in told.tree
    assert "- backend lint: `ruff check src`" in told.checks
    assert "- backend types: not configured" in told.checks


async def test_the_roster_is_read_at_the_base_commit(room: Room) -> None:
    run = await room.started()
    room.bench.host.push("owner", "project", {"CLAUDE.md": "Be loud.\n"})
    await room.bench.fetched()

    roster = await room.workspaces.roster(run)

    assert [(rule.path, rule.body) for rule in roster.rules] == [("CLAUDE.md", "Be plain.\n")]


async def test_an_environment_is_prepared_and_receipted_once(room: Room) -> None:
    run = await room.started()

    receipt, key = await room.workspaces.prepare(run)
    again, same = await room.workspaces.prepare(run)

    assert receipt is not None
    assert again is not None
    assert (receipt.status, receipt.environment) == (CheckStatus.PASSED, key)
    assert (again.reason, same) == ("installed already", key)


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


async def test_a_check_that_is_not_installed_did_not_run(room: Room) -> None:
    settings = "checks:\n  backend:\n    lint: nonesuch --all\n    tests: python3 -m pytest\n"
    run = await room.started({".github/phaseline.yml": settings, "a.py": "A = 1\n"})
    assert run.base is not None

    receipts = by_kind(await room.workspaces.check(run, run.base.sha))

    assert receipts[CheckKind.LINT].status is CheckStatus.DID_NOT_RUN
    assert receipts[CheckKind.LINT].reason == (
        "`nonesuch` is not installed in the prepared environment."
    )


async def test_settings_that_are_wrong_block_with_every_fault(room: Room) -> None:
    settings = "limits: {usd: 3}\ncolour: red\nchecks:\n  backend:\n    smell: sniff\n"

    with pytest.raises(BlockedError) as blocked:
        await room.started({".github/phaseline.yml": settings})

    assert "- `limits` is not supported yet." in str(blocked.value)
    assert "- `colour` is no setting." in str(blocked.value)
    assert "- `checks.backend.smell` is not known." in str(blocked.value)


async def test_a_prepare_that_fails_is_a_receipt_with_the_end_of_its_log(room: Room) -> None:
    run = await room.started(
        {".github/phaseline.yml": "setup: [echo no such package >&2; exit 3]\n"}
    )

    receipt, key = await room.workspaces.prepare(run)

    assert receipt is not None
    assert (receipt.status, receipt.exit_code, key) == (CheckStatus.FAILED, 3, "")
    assert "no such package" in receipt.excerpt
