"""Names that pass for git's own or cannot be shown, and trees that are too much, are refused."""

import pytest

from app.workspace import names
from app.workspace.checkout import MOST_FILE_BYTES, MOST_FILES, guard
from app.workspace.objects import Entry
from phases.core.errors import BlockedError
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.kit import REPOSITORY, Bench
from tests.security.repositories import FILES, MESSAGE, bench

__all__ = ["bench"]
DISGUISES = [
    ".GIT",
    ".Git",
    "git~1",
    "GIT~2",
    ".g\u200cit",
    ".git\u200d",
    "\ufeff.git",
    ".git ",
    ".git.",
    ".git . .",
    ".git::$INDEX_ALLOCATION",
    "\uff0egit",
    ".\uff47it",
    "x\\.git\\config",
]


@pytest.mark.parametrize("name", DISGUISES)
async def test_a_git_directory_in_disguise_is_refused(bench: Bench, name: str) -> None:
    """ATTACK 43: names that some file system takes for `.git`, as directory and as file."""
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.fetched()
    (root / "src" / name).mkdir()
    (root / "src" / name / "config").write_text("[core]\n")

    changes = (await tree.differences()).changes

    assert len(changes) == 1
    assert changes[0].refusal
    with pytest.raises(BlockedError, match="Nothing was committed"):
        await bench.committer().commit(bench.place(objects, base), tree, MESSAGE, {})


@pytest.mark.parametrize(
    "name", [".GITMODULES", ".gitmodules ", ".g\u200citmodules", ".gitMODULES"]
)
def test_a_disguised_settings_file_of_git_is_refused(name: str) -> None:
    """ATTACK 43: what one machine takes for `.gitmodules` and another does not."""
    assert "passes for .gitmodules" in names.refusal(name.encode())
    assert names.refusal(b".gitmodules") == ""


async def test_a_repository_that_holds_such_a_name_is_not_taken(bench: Bench) -> None:
    """ATTACK 43: the name is in a commit already."""
    bench.host.create("owner", "project", FILES)
    bare = bench.host.bare("owner", "project")
    blob = git("hash-object", "-w", "--stdin", cwd=bare, stdin=b"[core]\n")
    inner = git("mktree", cwd=bare, stdin=f"100644 blob {blob}\tconfig\n".encode())
    outer = git("mktree", cwd=bare, stdin=f"040000 tree {inner}\t.GIT\n".encode())
    commit = git("commit-tree", outer, "-m", "x", cwd=bare)
    git("update-ref", "refs/heads/evil", commit, cwd=bare)

    with pytest.raises(BlockedError, match="holds what git refuses"):
        await bench.mirrors.refresh(REPOSITORY)


def test_a_tree_that_is_too_much_is_refused_before_a_file_is_written() -> None:
    """ATTACK 44: too many files, a file that is too large, all of it too large, long paths."""
    small = Entry("100644", "0" * 40, 1)
    large = Entry("100644", "0" * 40, MOST_FILE_BYTES + 1)
    half = Entry("100644", "0" * 40, MOST_FILE_BYTES)

    with pytest.raises(BlockedError, match="holds 100001 files"):
        guard({b"%d" % number: small for number in range(MOST_FILES + 1)})
    with pytest.raises(BlockedError, match="too large: `big`"):
        guard({b"big": large})
    with pytest.raises(BlockedError, match="too large"):
        guard({b"%d" % number: half for number in range(9)})
    with pytest.raises(BlockedError, match="a path of 3000 bytes"):
        guard({b"x" * 3000: small})


@pytest.mark.parametrize("name", [b"a\nb", b"a\x1bb", b"\xff\xfe", b"x" * 256, b"a/\xe2\x80\xa8/b"])
def test_names_that_cannot_be_shown_are_refused(name: bytes) -> None:
    """ATTACK 44: control characters, other encodings, line separators, lengths."""
    assert names.refusal(name)
    assert names.shown(name).isprintable()
