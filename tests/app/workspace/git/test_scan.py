"""What the service sees in a tree that an agent wrote, and how it puts things back."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.workspace.checkout import Checkouts
from app.workspace.working_tree import MOST_CHANGES, WorkingTree
from phases.core.errors import BlockedError
from phases.core.model import Change, ChangeKind
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.kit import Bench

FILES = {
    "README.md": "# Project\n",
    "src/app.py": "print('a')\n",
    "src/deep/er/x.txt": "x\n",
    ".gitignore": "*.log\nbuild/\n",
}


async def a_tree(bench: Bench) -> tuple[WorkingTree, Path]:
    return await bench.tree(bench.host.create("owner", "project", FILES))


async def changes_of(tree: WorkingTree) -> dict[str, Change]:
    return {change.path: change for change in (await tree.differences()).changes}


def nest(root: Path) -> None:
    program = "import os\nfor n in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\n"
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)


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


async def test_a_snapshot_is_a_tree_and_restoring_it_is_exact(bench: Bench) -> None:
    tree, root = await a_tree(bench)
    (root / "src" / "app.py").write_text("print('kept')\n")
    (root / "tool.sh").write_text("#!/bin/sh\n")
    (root / "tool.sh").chmod(0o755)
    (root / "link").symlink_to("src/app.py")
    (root / "README.md").unlink()
    kept = await tree.keep()
    (root / "src" / "app.py").unlink()
    (root / "src" / "app.py").mkdir()
    (root / "src" / "app.py" / "inner").write_text("a directory in its place")
    (root / "tool.sh").chmod(0o644)
    (root / "link").unlink()
    (root / "link").symlink_to("/etc")
    (root / "README.md").write_text("back again")
    (root / "later").mkdir()
    (root / "later" / "made.txt").write_text("gone after")
    (root / "debug.log").write_text("ignored, stays")

    await tree.put_back(kept)

    assert await tree.keep() == kept
    assert (root / "src" / "app.py").read_text() == "print('kept')\n"
    assert os.access(root / "tool.sh", os.X_OK)
    assert (root / "link").readlink() == Path("src/app.py")
    assert not (root / "README.md").exists()
    assert not (root / "later").exists()
    assert (root / "debug.log").read_text() == "ignored, stays"


async def test_restoring_rules_takes_away_what_they_no_longer_ignore(bench: Bench) -> None:
    tree, root = await a_tree(bench)
    kept = await tree.keep()
    (root / ".gitignore").write_text("*.log\nbuild/\n*.tmp\n")
    (root / "x.tmp").write_text("was ignored when it was made")

    await tree.put_back(kept)

    assert not (root / "x.tmp").exists()
    assert await changes_of(tree) == {}


async def test_single_paths_are_put_back_whatever_stands_there(bench: Bench) -> None:
    tree, root = await a_tree(bench)
    (root / "README.md").unlink()
    (root / "README.md").mkdir()
    (root / "README.md" / ".git").mkdir()
    (root / "new").write_text("x")
    odd = root / os.fsdecode(b"odd\xff\n")
    odd.write_text("x")
    refused = [change.path for change in (await tree.differences()).changes]

    await tree.put_back_paths(refused)

    assert await changes_of(tree) == {}
    assert (root / "README.md").read_text() == "# Project\n"
    assert not odd.exists()


async def test_a_link_in_place_of_a_directory_is_put_back_with_its_files(bench: Bench) -> None:
    tree, root = await a_tree(bench)
    (root / "src" / "deep" / "er" / "x.txt").unlink()
    (root / "src" / "deep" / "er").rmdir()
    (root / "src" / "deep" / "er").symlink_to("/etc")
    refused = [change.path for change in (await tree.differences()).changes if change.refusal]

    await tree.put_back_paths(refused)

    assert refused == ["src/deep/er"]
    assert await changes_of(tree) == {}


async def test_an_ignored_link_in_place_of_a_directory_is_not_followed(
    bench: Bench, tmp_path: Path
) -> None:
    base = bench.host.create("owner", "project", FILES | {"odd.log/in.txt": "tracked\n"})
    tree, root = await bench.tree(base)
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "odd.log" / "in.txt").unlink()
    (root / "odd.log").rmdir()
    (root / "odd.log").symlink_to(outside)

    await tree.put_back(base)

    assert list(outside.iterdir()) == []
    assert (root / "odd.log" / "in.txt").read_text() == "tracked\n"


async def test_directories_deeper_than_the_service_can_recurse_are_removed(bench: Bench) -> None:
    _, root = await a_tree(bench)
    nest(root)

    await Checkouts(bench.git, None).remove(root)

    assert not root.exists()


async def test_putting_back_never_writes_through_a_link(bench: Bench, tmp_path: Path) -> None:
    tree, root = await a_tree(bench)
    outside = tmp_path / "outside"
    (outside / "deep" / "er").mkdir(parents=True)
    kept = await tree.keep()
    (root / "src" / "app.py").unlink()
    (root / "src" / "deep" / "er" / "x.txt").unlink()
    (root / "src" / "deep" / "er").rmdir()
    (root / "src" / "deep").rmdir()
    (root / "src").rmdir()
    (root / "src").symlink_to(outside)

    await tree.put_back(kept)

    assert [path.name for path in outside.rglob("*")] == ["deep", "er"]
    assert (root / "src" / "deep" / "er" / "x.txt").read_text() == "x\n"


async def test_bytes_are_kept_whatever_attributes_ask_for(bench: Bench) -> None:
    attributes = "* text=auto eol=crlf ident\n*.enc working-tree-encoding=UTF-16\n"
    bench.host.create("owner", "project", {".gitattributes": attributes})
    work = bench.host.root / "work" / "project"
    blob = git("hash-object", "-w", "--no-filters", "--stdin", cwd=work, stdin=b"$Id$\nline\n")
    for name in ("a.txt", "a.enc"):
        git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", cwd=work)
    git("commit", "-q", "-m", "chore: add texts", cwd=work)
    git("push", "-q", str(bench.host.bare("owner", "project")), "HEAD:main", cwd=work)
    tree, root = await bench.tree(git("rev-parse", "HEAD", cwd=work))
    (root / "b.txt").write_bytes(b"one\r\ntwo\n")

    snapshot = await tree.keep()

    objects = await bench.fetched()
    listing = await objects.listing(snapshot)
    (content,) = await objects.blobs([listing[b"b.txt"].oid])
    assert (root / "a.txt").read_bytes() == b"$Id$\nline\n"
    assert (root / "a.enc").read_bytes() == b"$Id$\nline\n"
    assert content == b"one\r\ntwo\n"


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
