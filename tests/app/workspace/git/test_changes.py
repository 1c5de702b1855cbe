"""What the service sees in a tree that an agent wrote, and what of it is refused."""

import os
import socket
from pathlib import Path

import pytest

from app.workspace.working_tree import MOST_CHANGES
from phases.core.errors import BlockedError
from phases.core.model import ChangeKind
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.kit import Bench
from tests.app.workspace.git.trees import FILES, a_tree, changes_of


async def test_nothing_has_changed_in_a_fresh_checkout(bench: Bench) -> None:
    tree, _ = await a_tree(bench)

    assert await changes_of(tree) == {}


async def test_added_modified_deleted_and_executable_files_are_told_apart(bench: Bench) -> None:
    tree, root = await a_tree(bench)
    (root / "new.txt").write_text("new")
    (root / "README.md").write_text("# Changed\n")
    (root / "src" / "deep" / "er" / "x.txt").unlink()
    (root / "src" / "app.py").chmod(0o755)

    changes = await changes_of(tree)

    assert {path: change.kind for path, change in changes.items()} == {
        "README.md": ChangeKind.MODIFIED,
        "new.txt": ChangeKind.ADDED,
        "src/app.py": ChangeKind.MODIFIED,
        "src/deep/er/x.txt": ChangeKind.DELETED,
    }
    assert {change.refusal for change in changes.values()} == {""}


async def test_a_rewrite_that_keeps_size_and_time_is_still_seen(bench: Bench) -> None:
    tree, root = await a_tree(bench)
    await tree.differences()
    file = root / "src" / "app.py"
    before = file.stat()
    file.write_text("print('b')\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert set(await changes_of(tree)) == {"src/app.py"}


async def test_ignored_files_and_mounts_are_left_out_but_tracked_ones_never(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES | {"build/kept.txt": "tracked\n"})
    tree, root = await bench.tree(base)
    (root / "debug.log").write_text("noise")
    (root / "build" / "out.bin").write_text("noise")
    (root / ".venv").mkdir()
    (root / ".venv" / "python").write_text("somebody else's")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("the agent's own")
    (root / "build" / "kept.txt").write_text("changed\n")

    assert set(await changes_of(tree)) == {"build/kept.txt"}


async def test_what_the_commit_ignored_stays_so_unless_the_tree_says_otherwise(
    bench: Bench,
) -> None:
    tree, root = await a_tree(bench)
    (root / ".gitignore").unlink()
    (root / "debug.log").write_text("noise")

    without_rules = set(await changes_of(tree))
    (root / ".gitignore").write_text("*.log\n!debug.log\n")
    with_exception = set(await changes_of(tree))

    assert without_rules == {".gitignore"}
    assert with_exception == {".gitignore", "debug.log"}


async def test_refused_files_say_why(bench: Bench) -> None:
    """Attacks 43 and 44: links that leave, and files that are too large."""
    tree, root = await a_tree(bench)
    (root / "out").symlink_to("../../../etc/passwd")
    (root / "absolute").symlink_to("/etc/passwd")
    (root / "src" / "roundabout").symlink_to("deep/../../../x")
    (root / "into_git").symlink_to(".git/config")
    (root / "inside").symlink_to("src/app.py")
    os.link(root / "README.md", root / "hard")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(root)  # The name of a socket has 107 characters at most.
        listener.bind("socket")
        os.chdir(here)
    (root / "large").write_bytes(b"x" * ((5 << 20) + 1))
    (root / "larger").write_bytes(b"x" * ((32 << 20) + 1))

    changes = await changes_of(tree)

    assert {path: change.refusal for path, change in changes.items()} == {
        "out": "it is a link that leaves the repository",
        "absolute": "it is a link that leaves the repository",
        "src/roundabout": "it is a link that leaves the repository",
        "into_git": "it is a link into a git directory",
        "inside": "",
        "hard": "it is a hard link: another name shares its content",
        "pipe": "it is a device, pipe or socket",
        "socket": "it is a device, pipe or socket",
        "large": "it is 5.0 MiB; a file may have 5 MiB at most",
        "larger": "it is 32.0 MiB; a file may have 5 MiB at most",
    }


async def test_a_link_through_a_link_that_leaves_is_refused(bench: Bench) -> None:
    """Attack 43."""
    tree, root = await a_tree(bench)
    (root / "up").symlink_to("src/deep")
    (root / "src" / "deep" / "away").symlink_to("../../..")
    (root / "chain").symlink_to("up/away/etc")
    (root / "circle").symlink_to("circle")

    changes = await changes_of(tree)

    assert changes["up"].refusal == ""
    assert changes["chain"].refusal == "it is a link that leaves the repository"
    assert changes["circle"].refusal == "it is a link that leads in circles"


async def test_more_than_the_bounds_of_one_commit_is_refused(bench: Bench) -> None:
    """Attack 44."""
    tree, root = await a_tree(bench)
    for number in range(MOST_CHANGES + 2):
        (root / f"f{number:04}").write_text(str(number))

    refused = [change for change in (await tree.differences()).changes if change.refusal]

    assert {change.refusal for change in refused} == {"it is one of more than 500 changed files"}


async def test_changes_that_are_too_large_together_are_refused(bench: Bench) -> None:
    """Attack 44."""
    tree, root = await a_tree(bench)
    for number in range(11):
        (root / f"z{number:02}").write_bytes(bytes([number]) * (5 << 20))

    refused = [change for change in (await tree.differences()).changes if change.refusal]

    assert [(change.path, change.refusal) for change in refused] == [
        ("z10", "with it the changes are larger than 50 MiB")
    ]


async def test_a_file_that_changes_under_the_service_is_not_committed(bench: Bench) -> None:
    tree, root = await a_tree(bench)
    (root / "new").write_text("as scanned")
    differences = await tree.differences()
    (root / "new").write_text("as swapped")

    with pytest.raises(BlockedError, match="was being changed"):
        await tree.store(differences.deltas)


async def test_a_submodule_is_neither_missing_nor_written_into(bench: Bench) -> None:
    """Attack 43."""
    base = bench.host.create("owner", "project", FILES)
    work = bench.host.root / "work" / "project"
    git("update-index", "--add", "--cacheinfo", f"160000,{base},lib/sub", cwd=work)
    git("commit", "-q", "-m", "chore: add a submodule", cwd=work)
    git("push", "-q", str(bench.host.bare("owner", "project")), "HEAD:main", cwd=work)
    tree, root = await bench.tree(git("rev-parse", "HEAD", cwd=work))
    untouched = await changes_of(tree)
    (root / "lib" / "sub" / "planted.txt").write_text("x")

    touched = await changes_of(tree)

    assert untouched == {}
    assert {path: c.refusal for path, c in touched.items()} == {
        "lib/sub/planted.txt": "it lies in a submodule"
    }
