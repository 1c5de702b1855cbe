"""Without a cage commands run as they would in one, for an operator who accepted that."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.cage import Mount
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.uncaged import Places, Uncaged
from app.workspace.tools.toolbox import NAMES, Toolbox, ToolLimits
from tests.app.workspace.sandbox.kit import Bench


@pytest.fixture
def uncaged(bench: Bench, sandbox: Sandbox, tmp_path: Path) -> Bench:
    places = Places(tmp_path / "workspace", tmp_path / "programs")
    return replace(bench, sandbox=Uncaged(sandbox.settings, sandbox.toolchain, places))


async def test_a_command_sees_its_tree_its_home_and_nothing_of_the_services_variables(
    uncaged: Bench,
) -> None:
    uncaged.put("a.txt", "mine\n")

    finished = await uncaged.shell("cat a.txt; echo x > ~/kept; env | cut -d= -f1 | sort | head -3")

    assert finished.output.startswith("mine\nCI\n")
    assert (uncaged.cage.scratch / "home" / "kept").exists()
    assert (finished.exit_code, finished.killed_for) == (0, None)


async def test_the_tools_work_and_carry_their_state(uncaged: Bench) -> None:
    uncaged.put("sub/a.txt", "needle\n")
    toolbox = Toolbox(
        uncaged.sandbox, uncaged.cage, allowed=frozenset(NAMES), skills={}, limits=ToolLimits()
    )

    await toolbox.call("bash", {"command": "cd sub; export NAME=1"})
    carried = await toolbox.call("bash", {"command": "basename $PWD; echo $NAME; exit 3"})
    found = await toolbox.call("grep", {"pattern": "needle"})

    assert carried.text.startswith("sub\n1\n[exit code 3]")
    assert found.text == "sub/a.txt:1:needle"


async def test_an_environment_is_linked_to_its_place(uncaged: Bench, tmp_path: Path) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "file").write_text("installed\n")
    mounts = (Mount(tmp_path / "installed", "/workspace/side/.venv"),)
    linked = uncaged.changed(lambda cage: replace(cage, mounts=mounts))

    first = await linked.shell("cat side/.venv/file")
    second = await linked.shell("cat side/.venv/file")

    assert first.output == second.output == "installed\n"
    assert first.absent == ()


async def test_a_command_that_takes_too_long_is_killed(uncaged: Bench) -> None:
    finished = await uncaged.shell("sleep 60", timeout=0.3)

    assert finished.timed_out


def test_a_place_for_the_link_that_cannot_be_made_is_said_before_any_command(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    places = Places(tmp_path / "file" / "workspace", tmp_path / "programs")

    with pytest.raises(SandboxError, match="run as root in a container that is thrown away"):
        Uncaged(sandbox.settings, sandbox.toolchain, places).check(tmp_path)


async def test_what_stands_in_the_way_of_the_link_is_left_alone(
    uncaged: Bench, tmp_path: Path
) -> None:
    (tmp_path / "workspace").mkdir()

    with pytest.raises(SandboxError, match="is in the way"):
        await uncaged.shell("true")
