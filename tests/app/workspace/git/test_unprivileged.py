"""The room as a service that is not root: agents then share its uid, and may shut it out."""

from tests.app.workspace.sandbox.kit import as_ordinary_user

PROGRAM = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from phases.core.submission import CommitMessage
from phases.core.work import WorkName
from tests.app.workspace.git.kit import a_run, git_bench
from tests.app.workspace.git.room import KeptLogs, whole_room
from tests.app.workspace.sandbox.kit import make_sandbox

FILES = {"src/a.py": "A = 1\\n", ".github/phaseline.yml": "checks: {backend: {lint: cat src/b.py}}"}

async def main(directory):
    with git_bench(directory) as bench:
        bench.host.create("owner", "project", FILES)
        room = whole_room(bench, make_sandbox(), KeptLogs())
        run = a_run()
        run = replace(run, base=await room.fetch_base(run))
        roster = await room.roster(run)
        work = WorkName.parse("implementation/backend-developer/1")
        async with room.open(run, work, roster, writable=True) as worktree:
            command = "echo 'B = 2' > src/b.py; mkdir -p shut/in; touch shut/in/x;"
            command += "chmod 0 shut/in shut; git status --short"
            told = await worktree.call("bash", {"command": command})
            print(told.text)
            print([(c.path, c.refusal) for c in await worktree.changes()])
            await worktree.restore_paths(("shut",))
            commit = await worktree.commit(CommitMessage("feat", None, "b", None), {})
            print(commit.files)
        (lint, *_) = await room.check(run, commit.sha)
        print(lint.status, lint.exit_code)
        print(sorted(path.name for path in (bench.data / "steps").iterdir()))

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_step_is_worked_on_committed_and_checked_without_root() -> None:
    printed = await as_ordinary_user(PROGRAM)

    assert "?? src/b.py" in printed
    assert "[('shut', 'it cannot be read'), ('src/b.py', '')]" in printed
    assert "('src/b.py',)" in printed
    assert "passed 0" in printed
    assert printed.rstrip().endswith("[]")
