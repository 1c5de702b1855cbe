"""Nothing that a repository or a tree configures for git is run, followed or asked for."""

import subprocess
from pathlib import Path

import pytest

from app.workspace.git import GitError
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.kit import REPOSITORY, Bench
from tests.security.repositories import BRANCH, FILES, MESSAGE, bench

__all__ = ["bench"]


def arm(root: Path, canary: Path) -> None:
    """Put every known way to have git run a command into a tree and into repositories within it."""
    script = root / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    script.chmod(0o755)
    config = (
        f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfsmonitor = {script}\n"
        f"\tsshCommand = {script}\n\thooksPath = {root}/hooks\n\tpager = {script}\n"
        f"\teditor = {script}\n"
        f"[diff]\n\texternal = {script}\n"
        f'[diff "x"]\n\ttextconv = {script}\n\tcommand = {script}\n'
        f'[filter "x"]\n\tclean = {script}\n\tsmudge = {script}\n\trequired = true\n'
        f"[gpg]\n\tprogram = {script}\n[commit]\n\tgpgsign = true\n"
    )
    (root / "hooks").mkdir()
    for hook in ("pre-commit", "post-checkout", "post-index-change", "reference-transaction"):
        (root / "hooks" / hook).symlink_to(script)
    (root / "more.config").write_text(config)
    config += f"[include]\n\tpath = {root}/more.config\n"
    (root / ".gitconfig").write_text(config)
    (root / ".gitattributes").write_text("* filter=x diff=x\n")
    for place in (root / ".git", root / "nested" / ".git"):
        place.parent.mkdir(exist_ok=True)
        subprocess.run(["git", "init", "-q", place.parent], check=True)
        (place / "config").write_text(config)
        (place / "info").mkdir(exist_ok=True)
        (place / "info" / "attributes").write_text("* filter=x diff=x\n")
    (root / "nested" / "file.txt").write_text("x")


async def test_nothing_that_a_tree_configures_for_git_is_run(bench: Bench, tmp_path: Path) -> None:
    """ATTACK 40: hooks, fsmonitor, filters, textconv, external diffs, includes, nested ones too."""
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.fetched()
    canary = tmp_path / "executed"
    start = await tree.keep()
    arm(root, canary)
    (root / "src" / "app.py").write_text("print('b')\n")

    refused = [change.path for change in (await tree.differences()).changes if change.refusal]
    snapshot = await tree.keep()
    await tree.put_back_paths((*refused, "run.sh", ".gitattributes", "more.config", ".gitconfig"))
    commit = await bench.committer().commit(bench.place(objects, base), tree, MESSAGE, {})
    await objects.diff(base, commit.sha, most=10_000)
    await bench.remote.push(REPOSITORY, objects.gitdir, commit.sha, BRANCH)
    await tree.put_back(snapshot)
    await tree.put_back(start)

    assert not canary.exists()
    assert "nested/.git" in refused


def test_the_same_tree_runs_its_commands_when_git_is_asked_plainly(tmp_path: Path) -> None:
    """ATTACK 40, the control: the probe above would have been seen."""
    root, canary = tmp_path / "tree", tmp_path / "executed"
    root.mkdir()
    arm(root, canary)

    subprocess.run(
        ["git", "status"],
        cwd=root,
        check=False,
        capture_output=True,
    )

    assert canary.exists()


async def test_submodules_are_never_followed(bench: Bench, tmp_path: Path) -> None:
    """ATTACK 41: a submodule whose address is a command, and one that points at this host."""
    canary = tmp_path / "executed"
    modules = (
        f'[submodule "a"]\n\tpath = a\n\turl = ext::sh -c touch% {canary}\n'
        f'[submodule "b"]\n\tpath = b\n\turl = {bench.host.url}/owner/secret.git\n'
        '[submodule "c"]\n\tpath = c\n\turl = file:///etc\n'
    )
    base = bench.host.create("owner", "project", FILES | {".gitmodules": modules})
    work = bench.host.root / "work" / "project"
    for path in ("a", "b", "c"):
        git("update-index", "--add", "--cacheinfo", f"160000,{base},{path}", cwd=work)
    git("commit", "-q", "-m", "chore: add submodules", cwd=work)
    git("push", "-q", str(bench.host.bare("owner", "project")), "HEAD:main", cwd=work)

    tree, _ = await bench.tree(git("rev-parse", "HEAD", cwd=work))

    assert (await tree.differences()).changes == ()
    assert not canary.exists()
    assert {asked.target.split("/")[2] for asked in bench.host.asked} == {"project.git"}


@pytest.mark.parametrize("transport", ["ext::sh -c id", "file:///etc", "ssh://host/x", "git://h/x"])
async def test_no_other_transport_is_spoken(bench: Bench, transport: str, tmp_path: Path) -> None:
    """ATTACK 41: whatever address reached git, only the configured scheme is allowed."""
    bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()

    with pytest.raises(GitError, match="not allowed"):
        await bench.git.run(objects.gitdir, "fetch", "--end-of-options", transport)


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
LARGE_FILES = {
    "big.bin": POINTER,
    ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a user who has set large files up: their filter leaves `filtered` in it."""
    home = tmp_path / "home"
    home.mkdir()
    canary = home / "filtered"
    filters = f"smudge = touch {canary} && cat\n\tclean = touch {canary} && cat\n"
    (home / ".gitconfig").write_text(f'[filter "lfs"]\n\t{filters}\trequired = true\n')
    monkeypatch.setenv("HOME", str(home))
    return home


async def test_large_file_pointers_stay_text_and_nobody_is_asked_for_them(
    home: Path, bench: Bench
) -> None:
    """ATTACK 42: an `.lfsconfig` that names another server."""
    settings = f"[lfs]\n\turl = {bench.host.url}/steal/lfs\n"
    base = bench.host.create("owner", "project", LARGE_FILES | {".lfsconfig": settings})

    tree, root = await bench.tree(base)
    objects = await bench.fetched()
    (root / "other.bin").write_text(POINTER)
    await bench.committer().commit(bench.place(objects, base), tree, MESSAGE, {})

    assert (root / "big.bin").read_text() == POINTER
    assert not (home / "filtered").exists()
    assert not any("lfs" in asked.target for asked in bench.host.asked)


def test_a_plain_clone_runs_the_filter_of_large_files(home: Path, bench: Bench) -> None:
    """ATTACK 42, the control: the filter above would have been seen."""
    bench.host.create("owner", "project", LARGE_FILES)
    bare, clone = bench.host.bare("owner", "project"), home / "clone"

    subprocess.run(["git", "clone", "-q", "-b", "main", bare, clone], check=True)

    assert (home / "filtered").exists()
