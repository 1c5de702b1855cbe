"""The tool str_replace_based_edit_tool touches plain files of the worktree, and nothing else."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.cage import Mount
from tests.app.workspace.sandbox.kit import Bench
from tests.app.workspace.tools.editing import edit


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "a/../../b", "/workspace/../x"])
async def test_paths_outside_the_worktree_are_refused(bench: Bench, path: str) -> None:
    for arguments in ({"command": "view"}, {"command": "create", "file_text": "x"}):
        result = await edit(bench, path=path, **arguments)

        assert result.is_error
        assert "lies outside /workspace" in result.text


async def test_what_is_missing_or_no_file_is_said_so(bench: Bench) -> None:
    bench.put("dir/a", "")
    os.mkfifo(bench.worktree / "pipe")

    missing = await edit(bench, command="view", path="nope")
    pipe = await edit(bench, command="view", path="pipe")
    through = await edit(bench, command="create", path="dir/a/b", file_text="")
    directory = await edit(bench, command="create", path="dir", file_text="")

    assert missing.text == "/workspace/nope does not exist."
    assert "not a regular file" in pipe.text
    assert "as if it were a directory" in through.text
    assert directory.text == "/workspace/dir is a directory."


async def test_a_binary_or_huge_file_is_refused(bench: Bench) -> None:
    (bench.worktree / "image").write_bytes(b"\x89PNG\r\n\0\0")
    (bench.worktree / "latin").write_bytes("é".encode("latin-1"))
    with (bench.worktree / "huge").open("wb") as file:
        file.truncate(1 << 40)

    for path, words in (("image", "binary"), ("latin", "binary"), ("huge", "larger than 8 MiB")):
        result = await edit(bench, command="view", path=path)

        assert result.is_error
        assert words in result.text


async def test_an_agent_that_works_read_only_is_refused_in_words(bench: Bench) -> None:
    bench.put("a.txt", "kept")
    reader = bench.changed(lambda cage: replace(cage, writable=False))

    seen = await edit(reader, command="view", path="a.txt")
    refused = await edit(reader, command="create", path="a.txt", file_text="changed")

    assert seen.text == "     1\tkept"
    assert refused.is_error
    assert "You work read-only" in refused.text
    assert (bench.worktree / "a.txt").read_text() == "kept"


async def test_the_git_directory_is_not_for_editing(bench: Bench) -> None:
    bench.put(".git/config", "")

    result = await edit(bench, command="create", path=".git/hooks/pre-commit", file_text="x")

    assert result.is_error
    assert ".git directory" in result.text


async def test_the_installed_environment_can_be_viewed_and_not_changed(
    bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "lib.py").write_text("installed")
    mount = Mount(tmp_path / "env", "/workspace/side/.venv")
    mounted = bench.changed(lambda cage: replace(cage, mounts=(mount,)))

    seen = await edit(mounted, command="view", path="side/.venv/lib.py")
    refused = await edit(mounted, command="create", path="side/.venv/lib.py", file_text="x")

    assert seen.text == "     1\tinstalled"
    assert "read-only" in refused.text
