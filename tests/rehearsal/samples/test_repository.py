"""The repositories that samples are built into."""

import json
import subprocess
from pathlib import Path

import pytest

from app.rehearsal.samples import SAMPLES, BuildError, build
from app.rehearsal.samples.history import read

NAMES = sorted(SAMPLES)


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_built_twice_has_the_same_commits(name: str, tmp_path: Path) -> None:
    build(name, tmp_path / "one")
    build(name, tmp_path / "two")

    assert git(tmp_path / "one", "rev-parse", "HEAD") == git(tmp_path / "two", "rev-parse", "HEAD")


@pytest.mark.parametrize("name", NAMES)
def test_the_newest_commit_holds_the_tree_and_nothing_else(name: str, tmp_path: Path) -> None:
    repository = SAMPLES[name].repository
    tree = {str(p.relative_to(repository)) for p in repository.rglob("*") if p.is_file()}

    build(name, tmp_path / "built")

    assert set(git(tmp_path / "built", "ls-tree", "-r", "--name-only", "HEAD").split()) == tree
    assert git(tmp_path / "built", "status", "--short") == ""
    assert git(tmp_path / "built", "fsck", "--strict") == ""


@pytest.mark.parametrize("name", NAMES)
def test_the_history_is_told_in_conventional_commits_by_a_neutral_author(
    name: str, tmp_path: Path
) -> None:
    build(name, tmp_path / "built")

    subjects = git(tmp_path / "built", "log", "--format=%s").splitlines()
    assert len(subjects) >= 4
    assert all(subject.split(":")[0].split("(")[0].isalpha() for subject in subjects)
    assert set(git(tmp_path / "built", "log", "--format=%ae %ce").splitlines()) == {
        "author@example.invalid author@example.invalid"
    }


@pytest.mark.parametrize("name", NAMES)
def test_locks_carry_no_address_of_a_registry(name: str) -> None:
    repository = SAMPLES[name].repository
    locks = [*repository.rglob("requirements*.txt"), *repository.rglob("package-lock.json")]

    assert locks
    for lock in locks:
        assert '"resolved"' not in lock.read_text()
        assert "--index-url" not in lock.read_text()


def test_the_lock_of_the_front_end_is_whole_on_every_platform() -> None:
    lock = json.loads((SAMPLES["sample"].repository / "web" / "package-lock.json").read_text())
    packages = lock["packages"]

    missing = [
        f"{owner or 'the root'} wants {name}"
        for owner, entry in packages.items()
        for kind in ("dependencies", "devDependencies", "optionalDependencies")
        for name in entry.get(kind, {})
        if f"node_modules/{name}" not in packages and f"{owner}/node_modules/{name}" not in packages
    ]

    assert missing == []
    assert all("integrity" in entry for owner, entry in packages.items() if owner)


def test_hooks_and_configuration_of_the_host_have_no_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "hook-ran"
    hook = tmp_path / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {hook.parent}\n[init]\n\tdefaultObjectFormat = sha256\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))

    build("pocket", tmp_path / "built")

    assert not marker.exists()
    assert len(git(tmp_path / "built", "rev-parse", "HEAD").strip()) == 40


def test_an_unknown_sample_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"there are: .*"):
        build("nothing", tmp_path / "built")


def test_a_directory_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")

    with pytest.raises(BuildError, match="not empty"):
        build("pocket", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_that_no_commit_brings_is_named(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "forgotten.txt").write_text("x")
    (tmp_path / "history.yaml").write_text(
        "commits:\n  - {message: 'feat: x', date: 2026-03-02T09:00:00+00:00, paths: ['*.py']}\n"
    )

    with pytest.raises(BuildError, match=r"forgotten\.txt"):
        read(tmp_path / "history.yaml", tmp_path / "repository")
