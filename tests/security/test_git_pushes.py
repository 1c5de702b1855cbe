"""What is pushed, where to and on top of what: our branch, our words, commits of the project."""

import pytest

from app.workspace.message import commit_text, trailer
from app.workspace.remote import branch_is_ours
from phases.core.errors import BlockedError
from phases.core.model import Repository
from phases.core.submission import CommitMessage
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.kit import REPOSITORY, Bench
from tests.security.repositories import BRANCH, FILES, bench

__all__ = ["bench"]


async def test_a_push_without_the_workflow_permission_is_a_state_that_people_see(
    bench: Bench,
) -> None:
    """ATTACK 45: GitHub refuses the push; it is not tried again."""
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    rule = "refusing to allow a GitHub App to create or update workflow without `workflows`"
    bench.host.hook("owner", "project", f"echo '{rule}'; exit 1")

    with pytest.raises(BlockedError, match="refusing to allow a GitHub App"):
        await bench.remote.push(REPOSITORY, objects.gitdir, base, BRANCH)


BRANCHES = [
    "main",
    "refs/heads/main",
    "-f",
    "--force",
    "+phaseline/1-x",
    "phaseline/1-x:refs/heads/main",
    "phaseline/1-a..b",
    "phaseline/1-@{x",
    "phaseline/1-x.lock",
    "phaseline/0-x",
    "phaseline/1-X",
    "phaseline/1-x/y",
    "phaseline/1-x\n",
    "someone/1-x",
]


@pytest.mark.parametrize("branch", BRANCHES)
async def test_no_branch_but_the_runs_own_is_ever_pushed_to(bench: Bench, branch: str) -> None:
    """ATTACK 46: a name that means more than itself, or somebody else's branch."""
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    asked = len(bench.host.asked)

    with pytest.raises(BlockedError, match="no branch of Phaseline's"):
        await bench.remote.push(REPOSITORY, objects.gitdir, base, branch)

    assert len(bench.host.asked) == asked
    assert branch_is_ours("phaseline/12-add-a-thing-2")


@pytest.mark.parametrize("name", ["..", "a/b", "x.git/../y", "-x y", "a\nb", "a?b=c", "x@host"])
async def test_an_address_is_built_from_plain_names_only(bench: Bench, name: str) -> None:
    """ATTACK 46: a repository's name that would lead git elsewhere."""
    with pytest.raises(BlockedError, match="cannot be part of a repository's name"):
        bench.remote.url(Repository(7, "owner", name, 1, "main"))


def test_a_commit_message_orders_nobody_about() -> None:
    """ATTACK 47: trailers, skip directives, closing keywords, mentions, other line ends."""
    message = CommitMessage(
        "feat",
        "api",
        "add [skip ci] x\r\nCo-authored-by: somebody <s@example.invalid>",
        "Fixes #12 and closes owner/other#3, thanks @maintainer.\r\n"
        "Signed-off-by: somebody <s@example.invalid>\n"
        "skip-checks: true\n\n"
        "Phaseline-Work: other-run/implementation/backend-developer/1",
    )

    text = commit_text(message, {"Phaseline-Work": "run-1/x\nInjected-By: y"})

    assert text.splitlines()[0].startswith("feat(api): add x Co-authored-by")
    assert text.count("Phaseline-Work") == 1
    assert trailer(text, "Phaseline-Work") == "run-1/x Injected-By: y"
    assert trailer(text, "Injected-By") is None
    for order in ("[skip ci]", "Signed-off-by", "skip-checks", "#12", "#3", "@maintainer", "\r"):
        assert order not in text


async def test_a_commit_that_no_branch_holds_is_not_worked_on(bench: Bench) -> None:
    """ATTACK 49: an object of a fork, or one that dangles, is never fetched by its name."""
    base = bench.host.create("owner", "project", FILES)
    bare = bench.host.bare("owner", "project")
    tree = git("rev-parse", f"{base}^{{tree}}", cwd=bare)
    dangling = git("commit-tree", tree, "-p", base, "-m", "not on a branch", cwd=bare)
    forked = git("commit-tree", tree, "-p", base, "-m", "of a fork's pull request", cwd=bare)
    git("update-ref", "refs/pull/1/head", forked, cwd=bare)

    objects = await bench.fetched()

    assert await objects.has_commit(base)
    assert not await objects.has_commit(dangling)
    assert not await objects.has_commit(forked)
    assert not await objects.has_commit("--upload-pack=id")
