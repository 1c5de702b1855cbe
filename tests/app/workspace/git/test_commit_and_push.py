"""From a fetched base to a pushed commit, over real HTTP and real git."""

import asyncio
from dataclasses import replace

import pytest

from phases.core.errors import BlockedError, TransientError
from phases.core.submission import CommitMessage
from tests.app.workspace.git.hosting import git, readable
from tests.app.workspace.git.kit import FETCH_TOKEN, PUSH_TOKEN, REPOSITORY, Bench, a_run

MESSAGE = CommitMessage("feat", "api", "add a thing", "Because it is asked for.")
FILES = {"README.md": "# Project\n", "src/app.py": "print('a')\n", ".gitignore": "*.log\n"}


async def test_a_step_becomes_one_commit_of_the_bot_on_the_branch(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.mirrors.objects(a_run())
    (root / "src" / "app.py").write_text("print('b')\nprint('c')\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "debug.log").write_text("noise")

    commit = await bench.committer().commit(
        bench.place(objects, base), tree, MESSAGE, {"Reviewed-Plan": "abc"}
    )
    await bench.remote.push(REPOSITORY, objects.gitdir, commit.sha, "phaseline/12-add-a-thing")

    bare = bench.host.bare("owner", "project")
    assert bench.host.tip("owner", "project", "phaseline/12-add-a-thing") == commit.sha
    assert commit.files == ("run.sh", "src/app.py")
    assert (commit.additions, commit.deletions) == (3, 1)
    assert git("ls-tree", commit.sha, "run.sh", cwd=bare).startswith("100755")
    assert git("log", "-1", "--format=%an <%ae> %cn", commit.sha, cwd=bare) == (
        "phaseline[bot] <1+phaseline[bot]@users.noreply.github.com> phaseline[bot]"
    )
    assert git("log", "-1", "--format=%B", commit.sha, cwd=bare) == (
        "feat(api): add a thing\n\nBecause it is asked for.\n\n"
        "Reviewed-Plan: abc\nPhaseline-Work: run-1/implementation/backend-developer/1"
    )
    git("fsck", "--strict", cwd=bare)


async def test_committing_again_after_an_interruption_finds_the_commit(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.mirrors.objects(a_run())
    (root / "README.md").write_text("# Changed\n")
    committer = bench.committer()
    first = await committer.commit(bench.place(objects, base), tree, MESSAGE, {})

    again = await committer.commit(bench.place(objects, base), tree, MESSAGE, {})

    assert again == first


async def test_a_commit_that_stands_on_github_is_the_commit_of_its_work(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.mirrors.objects(a_run())
    (root / "README.md").write_text("# Changed\n")
    committer = bench.committer()
    first = await committer.commit(bench.place(objects, base), tree, MESSAGE, {})
    await bench.remote.push(REPOSITORY, objects.gitdir, first.sha, "phaseline/12-add-a-thing")
    (root / "README.md").write_text("# Changed in another way\n")

    again = await committer.commit(
        bench.place(objects, base, remote_tip=first.sha), tree, MESSAGE, {}
    )

    assert again.sha == first.sha


async def test_the_same_work_with_other_files_is_another_commit(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.mirrors.objects(a_run())
    (root / "README.md").write_text("# Changed\n")
    committer = bench.committer()
    first = await committer.commit(bench.place(objects, base), tree, MESSAGE, {})
    (root / "README.md").write_text("# Changed again\n")

    second = await committer.commit(bench.place(objects, base), tree, MESSAGE, {})

    assert second.sha != first.sha
    assert second.tree != first.tree


async def test_a_push_that_a_rule_refuses_blocks_and_quotes_the_rule(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    bench.host.hook("owner", "project", "echo 'GH013: Changes must be signed.'; exit 1")

    with pytest.raises(BlockedError) as refused:
        await bench.remote.push(REPOSITORY, objects.gitdir, base, "phaseline/12-add-a-thing")

    assert "> GH013: Changes must be signed." in str(refused.value)
    assert "> pre-receive hook declined" in str(refused.value)


async def test_a_branch_that_has_moved_is_never_forced(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    other = bench.host.push(
        "owner", "project", {"README.md": "other\n"}, branch="phaseline/12-add-a-thing"
    )

    with pytest.raises(TransientError):
        await bench.remote.push(REPOSITORY, objects.gitdir, base, "phaseline/12-add-a-thing")

    assert bench.host.tip("owner", "project", "phaseline/12-add-a-thing") == other


async def test_a_server_that_fails_is_tried_again_later(bench: Bench) -> None:
    bench.host.create("owner", "project", FILES)
    bench.host.fail["git-upload-pack"] = 503

    with pytest.raises(TransientError):
        await bench.mirrors.refresh(REPOSITORY)


async def test_a_token_that_is_not_accepted_blocks_with_what_to_look_at(bench: Bench) -> None:
    bench.host.create("owner", "project", FILES)
    bench.host.tokens.clear()

    with pytest.raises(BlockedError, match="Look whether the App is still installed"):
        await bench.mirrors.refresh(REPOSITORY)


async def test_the_push_token_is_revoked_and_no_token_is_left_on_disk(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()

    await bench.remote.push(REPOSITORY, objects.gitdir, base, "phaseline/12-add-a-thing")

    assert bench.tokens.revoked == [PUSH_TOKEN]
    assert {asked.token for asked in bench.host.asked} == {FETCH_TOKEN, PUSH_TOKEN}
    assert FETCH_TOKEN not in readable(bench.data)
    assert PUSH_TOKEN not in readable(bench.data)


async def test_a_push_counts_even_when_its_token_cannot_be_revoked(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    bench.tokens.unrevocable = True

    await bench.remote.push(REPOSITORY, objects.gitdir, base, "phaseline/12-add-a-thing")

    assert bench.host.tip("owner", "project", "phaseline/12-add-a-thing") == base
    assert "could not be revoked: no answer for [redacted]" in caplog.text


async def test_two_runs_of_one_repository_fetch_one_after_the_other(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)

    first, second = await asyncio.gather(bench.fetched(), bench.fetched())

    assert await first.has_commit(base)
    assert await second.has_commit(base)


async def test_a_token_that_github_does_not_give_blocks_with_its_reason(bench: Bench) -> None:
    bench.host.create("owner", "project", FILES)
    bench.tokens.refused = True

    with pytest.raises(BlockedError, match="GitHub answered 404: no such installation"):
        await bench.mirrors.refresh(REPOSITORY)


async def test_a_push_to_the_name_that_a_repository_had_is_not_sent_on(bench: Bench) -> None:
    """Attack 10: it is refused there, whoever is called so by now; under today's name it goes."""
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    bench.host.bare("owner", "project").rename(bench.host.root / "owner" / "renamed.git")
    bench.host.moved["owner/project.git"] = "owner/renamed.git"
    branch, today = "phaseline/12-add-a-thing", replace(REPOSITORY, name="renamed")

    with pytest.raises(TransientError, match="renamed or transferred"):
        await bench.remote.push(REPOSITORY, objects.gitdir, base, branch)
    before = [asked.target for asked in bench.host.asked if "renamed" in asked.target]
    await bench.remote.push(today, objects.gitdir, base, branch)

    assert before == []
    assert bench.host.tip("owner", "renamed", branch) == base
