"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

PRODUCT = ("app", "phases", "migrations", "benchmarks")
SAMPLES = Path("app/rehearsal/samples")
ATTACK = re.compile(r"\battacks? ((?:\d+(?:, | and | to )?)+)", re.IGNORECASE)
ATTACKS = frozenset(range(1, 77)) - {39}  # That number was never given.
# They are about a dashboard with sign-in, which there is not: it answers this machine alone.
OF_A_SIGN_IN = {69: "a run of another installation", 70: "pictures of issues, fetched to be shown"}


def product() -> list[Path]:
    return [
        path
        for top in PRODUCT
        for path in Path(top).rglob("*.py")
        if not any((SAMPLES / name) in path.parents for name in sample_names())
    ]


def sample_names() -> list[str]:
    return [path.name for path in SAMPLES.iterdir() if (path / "issue.md").exists()]


def test_no_file_is_longer_than_300_lines() -> None:
    files = [*product(), *Path("tests").rglob("*.py")]
    long = {str(path): n for path in files if (n := path.read_text().count("\n")) > 300}

    assert long == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in product()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > 40
    ]

    assert long == []


def test_nothing_but_the_rehearsal_knows_the_samples() -> None:
    """Their packages, files and words must not have found their way into the service."""
    words = sample_words()
    assert len(words) > 5
    searched = [
        path
        for top in ("app", "phases", "agents")
        for path in Path(top).rglob("*")
        if path.suffix in {".py", ".md", ".html"} and "rehearsal" not in path.parts
    ]
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b", re.IGNORECASE)

    found = {
        str(path): match[0]
        for path in searched
        if (match := pattern.search(path.read_text())) and path.parts[:2] != ("app", "cli")
    }

    assert found == {}


def sample_words() -> set[str]:
    """Return what is peculiar to the samples: their packages and source files."""
    words: set[str] = set()
    for name in sample_names():
        repository = SAMPLES / name / "repository"
        words |= {path.parent.name for path in repository.rglob("__init__.py")}
        words |= {path.stem for path in repository.rglob("*.tsx")}
    return {word for word in words if len(word) > 4} - {"tests", "specs"}


def test_agents_are_text_and_never_code() -> None:
    assert [path for path in Path("agents").rglob("*") if path.suffix == ".py"] == []


def test_locks_hold_hashes_and_no_address() -> None:
    for lock in Path().glob("requirements*.lock"):
        text = lock.read_text()

        assert "--hash=sha256:" in text
        assert "://" not in text


SCRIPTS = ["scripts/setup", "scripts/setup-tests", "scripts/lock", ".ci/run"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_shell_script_parses_and_stops_at_the_first_error(script: str) -> None:
    subprocess.run(["/bin/bash", "-n", script], check=True)

    assert "set -euo pipefail" in Path(script).read_text()


def test_ci_sets_up_checks_and_tests() -> None:
    lines = Path(".ci/run").read_text().split("\n")

    assert [line for line in lines if line.startswith("make ")] == [
        "make setup",
        "make check",
        "make test",
    ]


def test_scripts_of_the_samples_are_yaml_that_a_safe_loader_reads() -> None:
    for name in sample_names():
        assert yaml.safe_load((SAMPLES / name / "script" / "script.yaml").read_text())["steps"]


def test_every_attack_of_the_list_has_a_test_that_names_its_number() -> None:
    named: set[int] = set()
    for path in Path("tests").rglob("test_*.py"):
        for match in ATTACK.finditer(path.read_text()):
            named |= {int(number) for number in re.findall(r"\d+", match[1])}

    assert ATTACKS - named == set(OF_A_SIGN_IN)
