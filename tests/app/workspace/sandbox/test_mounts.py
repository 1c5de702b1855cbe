"""What a cage sees: its own tree wherever that lies, a home of its own, and what is mounted."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.beneath import own_tree
from app.workspace.sandbox.cage import Cage, Mount
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.scratch import Scratch
from tests.app.workspace.sandbox.kit import Bench, make_bench


async def test_a_read_only_tree_cannot_be_written(bench: Bench) -> None:
    bench.put("a.txt", "kept\n")

    finished = await bench.changed(lambda cage: replace(cage, writable=False)).shell(
        "echo changed > a.txt; rm a.txt; touch b"
    )

    assert finished.output.count("Read-only file system") == 3
    assert (bench.worktree / "a.txt").read_text() == "kept\n"


async def test_home_and_tmp_last_as_long_as_the_session_and_no_longer(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.shell("echo mine > ~/note; echo mine > /tmp/note")
    again = await bench.shell("cat ~/note /tmp/note")
    Scratch.make(tmp_path / "private" / "scratch", bench.sandbox.owner)

    after = await bench.shell("cat ~/note /tmp/note; ls -A ~ /tmp")

    assert again.output == "mine\nmine\n"
    assert after.output.count("No such file") == 2
    assert after.output.endswith("/home/agent:\n\n/tmp:\n")


async def test_an_environment_is_mounted_read_only_at_its_place(
    bench: Bench, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    (installed / "bin").mkdir(parents=True)
    (installed / "bin" / "greet").write_text("#!/bin/sh\necho hello\n")
    (installed / "bin" / "greet").chmod(0o755)
    place = "/workspace/side/.venv"
    mounted = bench.changed(
        lambda cage: replace(cage, mounts=(Mount(installed, place),), path=(f"{place}/bin",))
    )

    finished = await mounted.shell("greet; touch side/.venv/x; rm -rf side; ls -a side/.venv")

    assert finished.output.startswith("hello\n")
    assert "Read-only file system" in finished.output
    assert finished.output.endswith("bin\n")
    assert mounted.cage.mount_points == ("side/.venv",)


async def test_a_mount_whose_place_the_agent_took_is_left_out_and_nothing_is_followed(
    bench: Bench, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (bench.worktree / "side").symlink_to(outside)
    (bench.worktree / "file").write_text("")
    mounts = (Mount(tmp_path, "/workspace/side/.venv"), Mount(tmp_path, "/workspace/file"))

    finished = await bench.changed(lambda cage: replace(cage, mounts=mounts)).shell(
        "echo still works"
    )

    assert finished.output == "still works\n"
    assert finished.absent == ("side/.venv", "file")
    assert list(outside.iterdir()) == []


async def test_a_single_file_can_be_mounted_and_another_given_for_one_command(
    bench: Bench, tmp_path: Path
) -> None:
    settings = tmp_path / "settings"
    settings.write_text("mounted\n")
    changed = bench.changed(
        lambda cage: replace(
            cage, mounts=(Mount(settings, "/workspace/.git"),), files=(("/run/given", b"inline\n"),)
        )
    )

    finished = await changed.shell("cat .git /run/given; echo x > /run/given")

    assert finished.output.startswith("mounted\ninline\n")
    assert finished.exit_code == 1


async def test_commands_at_the_same_time_see_their_own_trees(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    benches = []
    for number in range(4):
        directory = tmp_path / str(number)
        directory.mkdir()
        benches.append(make_bench(sandbox, directory))
        benches[-1].put("who", str(number))

    finished = await asyncio.gather(*(bench.shell("sleep 0.1; cat who") for bench in benches))

    assert [one.output for one in finished] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    "name", ["with space", "tab\there", "back\\slash", "#hash", "ünï", "new\nline"]
)
async def test_odd_names_of_directories_are_no_obstacle(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    directory = tmp_path / name
    directory.mkdir()

    finished = await make_bench(sandbox, directory).shell("pwd")

    assert finished.output == "/workspace\n"


async def test_a_tree_that_is_not_there_is_an_error(bench: Bench, tmp_path: Path) -> None:
    gone = Cage(worktree=bench.worktree, scratch=tmp_path / "gone", writable=True)

    with pytest.raises(SandboxError):
        await bench.sandbox.run(gone, ["true"], timeout=5)


def test_giving_a_tree_away_does_not_follow_links(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("")
    tree = tmp_path / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / "below" / "link").symlink_to(mine)
    owner = 65432 if os.geteuid() == 0 else os.geteuid()

    own_tree(tree, owner)

    assert (tree / "below" / "link").lstat().st_uid == owner
    assert mine.stat().st_uid == os.geteuid()
