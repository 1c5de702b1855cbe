"""A tree that an agent wrote is kept byte for byte, put back exactly and removed whole."""

import os
import subprocess
import sys
from pathlib import Path

from app.workspace.checkout import Checkouts
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.kit import Bench
from tests.app.workspace.git.trees import FILES, a_tree, changes_of


def nest(root: Path) -> None:
    program = "import os\nfor n in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\n"
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)


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
