"""What a directory rehearses: chosen once, then kept."""

from pathlib import Path

import pytest

from app.cli.demo.cast import issue_of, settle
from app.cli.demo.folder import Folder
from app.cli.demo.options import DemoOptions
from app.cli.demo.trouble import DemoError

SCRIPT = "version: 1\ntitle: A small thing\nsteps:\n  qa/debugger/1: [{say: Done}]\n"


def options(data: Path, **more: object) -> DemoOptions:
    values: dict[str, object] = {
        "data": data, "once": True, "json": None, "fresh": False, "repo": None, "issue": None,
        "script": None, "live": False, "latency": 0.0, **more,
    }  # fmt: skip
    return DemoOptions(**values)  # type: ignore[arg-type]


@pytest.fixture
def mine(tmp_path: Path) -> dict[str, Path]:
    repo = tmp_path / "My Shop"
    (repo / ".git").mkdir(parents=True)
    (tmp_path / "issue.md").write_text("Preface\n\n## Add a field ##\n\nPlease.\n")
    (tmp_path / "script.yaml").write_text(SCRIPT)
    return {
        "repo": repo,
        "issue": tmp_path / "issue.md",
        "script": tmp_path / "script.yaml",
    }


def test_a_repository_of_mine_is_hosted_under_its_folders_name(
    tmp_path: Path, mine: dict[str, Path]
) -> None:
    cast = settle(Folder(tmp_path), options(tmp_path, **mine))

    assert cast.full_name == "demo/my-shop"
    assert (cast.title, cast.body) == ("Add a field", "Please.")
    assert len(set(cast.ports.values())) == 3


def test_the_choice_and_the_ports_are_kept(tmp_path: Path, mine: dict[str, Path]) -> None:
    first = settle(Folder(tmp_path), options(tmp_path, **mine))

    again = settle(Folder(tmp_path), options(tmp_path))

    assert again == first


def test_another_choice_on_a_used_directory_is_refused(
    tmp_path: Path, mine: dict[str, Path]
) -> None:
    settle(Folder(tmp_path), options(tmp_path, **mine))
    mine["issue"].write_text("# Remove a field\n")

    with pytest.raises(DemoError, match="rehearses something else: demo/my-shop"):
        settle(Folder(tmp_path), options(tmp_path, **mine))


def test_the_sample_is_named_after_its_readme(tmp_path: Path) -> None:
    cast = settle(Folder(tmp_path), options(tmp_path))

    assert cast.source is None
    assert cast.full_name.startswith("demo/")
    assert cast.script is not None


def test_a_repository_needs_an_issue_and_a_script(tmp_path: Path, mine: dict[str, Path]) -> None:
    with pytest.raises(DemoError, match="needs --issue FILE and --script FILE"):
        settle(Folder(tmp_path), options(tmp_path, repo=mine["repo"]))


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path, mine: dict[str, Path]) -> None:
    (mine["repo"] / ".git").rmdir()

    with pytest.raises(DemoError, match="is not a git repository"):
        settle(Folder(tmp_path), options(tmp_path, **mine))


def test_a_faulty_script_is_named_before_anything_starts(
    tmp_path: Path, mine: dict[str, Path]
) -> None:
    mine["script"].write_text(SCRIPT.replace("say", "sai"))

    with pytest.raises(DemoError, match="unknown key 'sai'"):
        settle(Folder(tmp_path), options(tmp_path, **mine))


def test_a_damaged_memory_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{")

    with pytest.raises(DemoError, match="Add --fresh"):
        settle(Folder(tmp_path), options(tmp_path))


@pytest.mark.parametrize("text", ["no heading at all\n", "#nospace\n"])
def test_an_issue_without_a_heading_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "issue.md"
    path.write_text(text)

    with pytest.raises(DemoError, match="has no heading"):
        issue_of(path)
