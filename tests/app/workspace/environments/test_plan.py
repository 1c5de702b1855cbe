"""What there is to install is read from the lock files of a tree, and nothing is run for it."""

from pathlib import Path

import pytest

from app.workspace.environments.plan import Command, PlanError, plan

_UV = ("uv", "pip", "install", "--no-progress", "--python", ".venv/bin/python")
_VENV = ("uv", "venv", "--python", "/usr/bin/python3", ".venv")
_NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress")


def _write(directory: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return directory


def test_hashed_requirements_are_installed_by_their_hashes(tmp_path: Path) -> None:
    tree = _write(tmp_path, {"back/requirements.txt": "a==1 --hash=sha256:00\n"})

    planned = plan(tree, None)

    assert planned.commands == (
        Command(_VENV, "back"),
        Command((*_UV, "--require-hashes", "-r", "requirements.txt"), "back"),
    )
    assert planned.locks == (("back/requirements.txt", b"a==1 --hash=sha256:00\n"),)


def test_requirements_without_hashes_are_installed_together(tmp_path: Path) -> None:
    tree = _write(tmp_path, {"requirements.txt": "a==1\n", "requirements-dev.txt": "b==1\n"})

    planned = plan(tree, None)

    assert planned.commands[1].argv == (
        *_UV,
        *("-r", "requirements-dev.txt", "-r", "requirements.txt"),
    )


def test_a_uv_lock_goes_before_requirements(tmp_path: Path) -> None:
    tree = _write(tmp_path, {"uv.lock": "", "pyproject.toml": "", "requirements.txt": "a"})

    planned = plan(tree, None)

    assert [command.argv[:3] for command in planned.commands] == [("uv", "sync", "--frozen")]


def test_node_packages_are_installed_by_their_lock_without_scripts(tmp_path: Path) -> None:
    tree = _write(tmp_path, {"web/package.json": "{}", "web/package-lock.json": "{}"})

    planned = plan(tree, None)

    assert planned.commands == (Command(_NPM, "web"),)
    assert planned.commands[0].cwd == "/workspace/web"


def test_both_sides_of_a_repository_are_planned_in_order(tmp_path: Path) -> None:
    files = {"a/requirements.txt": "", "b/package.json": "{}", "b/package-lock.json": "{}"}

    planned = plan(_write(tmp_path, files), None)

    assert [command.directory for command in planned.commands] == ["a", "a", "b"]


def test_a_tree_without_lock_files_needs_nothing(tmp_path: Path) -> None:
    planned = plan(_write(tmp_path, {"package.json": "{}", "pyproject.toml": ""}), None)

    assert planned.commands == ()


def test_what_belongs_to_others_is_not_installed(tmp_path: Path) -> None:
    paths = ("node_modules/x", "vendor", "tests/fixtures/y", "a/b/c/d/e", ".hidden")
    files = {f"{path}/requirements.txt": "" for path in paths}

    assert plan(_write(tmp_path, files), None).commands == ()


def test_a_link_is_no_lock_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for the key")
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "requirements.txt").symlink_to(secret)
    (tree / "linked").symlink_to(tmp_path)

    assert plan(tree, None).commands == ()


def test_setup_of_the_repository_replaces_what_would_be_detected(tmp_path: Path) -> None:
    tree = _write(tmp_path, {"requirements.txt": "a==1\n"})

    planned = plan(tree, ["make deps", "make more"])

    assert [command.argv[-1] for command in planned.commands] == ["make deps", "make more"]
    assert planned.locks == (("requirements.txt", b"a==1\n"),)


def test_too_many_lock_files_are_a_question_to_the_maintainers(tmp_path: Path) -> None:
    files = {f"p{number}/requirements.txt": "" for number in range(20)}

    with pytest.raises(PlanError, match=r"`setup` in \.github/phaseline\.yml"):
        plan(_write(tmp_path, files), None)
