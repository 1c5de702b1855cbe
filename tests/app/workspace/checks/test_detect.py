"""Parts, places and checks are found in repositories of many shapes."""

import json

import pytest

from app.workspace.checks import detect
from app.workspace.checks.commands import REPORT, Command, prepare
from app.workspace.layout import Ecosystem, Part, parts
from app.workspace.places import places
from app.workspace.repository_settings import RepositorySettings, parse
from phases.core.agent import matches_any
from phases.core.model import Places
from phases.core.receipts import CheckKind
from phases.core.submission import Side

NOTHING_SAID = RepositorySettings()


def package(**scripts: str) -> str:
    return json.dumps({"scripts": scripts, "dependencies": {"react": "19"}})


def found(files: list[str], texts: dict[str, str] | None = None) -> tuple[Part, ...]:
    return parts(files, texts or {})


def lines(
    files: list[str], texts: dict[str, str], settings: RepositorySettings = NOTHING_SAID
) -> dict[str, str]:
    every = sorted({*files, *texts})
    configured = detect.checks(every, texts, parts(every, texts), settings)
    return {f"{c.check.id} in {c.check.cwd or '.'}": c.line for c in configured}


def places_of(
    files: list[str], texts: dict[str, str], settings: RepositorySettings = NOTHING_SAID
) -> Places:
    every = sorted({*files, *texts})
    return places(every, parts(every, texts), settings)


@pytest.mark.parametrize(
    ("files", "texts", "expected"),
    [
        (["pyproject.toml", "src/a.py"], {}, [("", Side.BACKEND, Ecosystem.PYTHON)]),
        (["main.py"], {}, [("", Side.BACKEND, Ecosystem.PYTHON)]),
        (["go.mod"], {}, [("", Side.BACKEND, Ecosystem.OTHER)]),
        (
            ["api/requirements.txt", "ui/package.json", "ui/src/App.tsx"],
            {"ui/package.json": "{}"},
            [("api", Side.BACKEND, Ecosystem.PYTHON), ("ui", Side.FRONTEND, Ecosystem.NODE)],
        ),
        (
            ["package.json", "index.js"],
            {"package.json": '{"dependencies": {"express": "5"}}'},
            [("", Side.BACKEND, Ecosystem.NODE)],
        ),
        (
            ["package.json", "packages/web/package.json", "packages/web/index.html"],
            {"package.json": '{"workspaces": ["packages/*"]}', "packages/web/package.json": "{}"},
            [("packages/web", Side.FRONTEND, Ecosystem.NODE)],
        ),
        (
            ["pyproject.toml", "tests/fixtures/app/package.json", "docs/requirements.txt"],
            {"tests/fixtures/app/package.json": "{}"},
            [("", Side.BACKEND, Ecosystem.PYTHON)],
        ),
        (["README.md"], {}, []),
        (["package.json"], {"package.json": "not json"}, [("", Side.BACKEND, Ecosystem.NODE)]),
    ],
)
def test_parts_are_directories_with_a_manifest(
    files: list[str], texts: dict[str, str], expected: list[tuple[str, Side, Ecosystem]]
) -> None:
    assert [(p.directory, p.side, p.ecosystem) for p in found(files, texts)] == expected


def test_two_sides_beside_each_other_have_their_directories() -> None:
    there = places_of(
        ["api/pyproject.toml", "api/tests/test_a.py", "ui/src/App.test.tsx", "handbook.md"],
        {"ui/package.json": package()},
    )

    assert there.backend == ("/api/",)
    assert there.frontend == ("/ui/",)
    assert matches_any(there.tests, ["api/tests/data.json"])
    assert matches_any(there.tests, ["ui/src/New.test.tsx"])
    assert matches_any(there.docs, ["handbook.md"])
    assert matches_any(there.docs, ["docs/new.txt"])


def test_a_back_end_at_the_root_does_not_own_the_front_end_below_it() -> None:
    there = places_of(["pyproject.toml", "app/main.py"], {"ui/package.json": package()})

    assert matches_any(there.backend, ["app/new.py"])
    assert not matches_any(there.backend, ["ui/src/App.tsx"])
    assert matches_any(there.frontend, ["ui/src/App.tsx"])


def test_both_sides_at_the_root_are_told_apart_by_kinds_of_files() -> None:
    there = places_of(["pyproject.toml", "app.py", "src/App.tsx"], {"package.json": package()})

    assert matches_any(there.backend, ["new.py"])
    assert not matches_any(there.backend, ["src/New.tsx"])
    assert matches_any(there.frontend, ["src/New.tsx"])
    assert not matches_any(there.frontend, ["new.py"])


def test_a_directory_with_odd_characters_is_named_exactly() -> None:
    there = places_of(["a[b]*/pyproject.toml"], {})

    assert matches_any(there.backend, ["a[b]*/x.py"])
    assert not matches_any(there.backend, ["ab/x.py"])


def test_what_the_repository_says_of_its_places_outranks_what_is_found() -> None:
    settings = parse(b"paths: {backend: [core/**], tests: [specs/**]}")

    there = places_of(["pyproject.toml"], {"ui/package.json": package()}, settings)

    assert there.backend == ("core/**",)
    assert there.frontend == ()
    assert there.tests == ("specs/**",)


def test_a_python_project_is_checked_by_the_tools_it_configures() -> None:
    pyproject = "[tool.ruff]\n[tool.mypy]\nfiles = ['src']\n[tool.pytest.ini_options]\n"

    assert lines([], {"pyproject.toml": pyproject}) == {
        "backend lint in .": "ruff check .",
        "backend format in .": "ruff format --check .",
        "backend types in .": "mypy",
        "backend tests in .": "python3 -m pytest",
    }


def test_older_tools_are_found_in_their_own_files() -> None:
    texts = {
        "svc/setup.cfg": "[flake8]\nmax-line-length = 100\n",
        "svc/pyproject.toml": "[tool.black]\n[tool.setuptools]\npackages = ['x']\n[tool.mypy]\n",
    }

    assert lines(["svc/tests/test_a.py"], texts) == {
        "backend lint in svc": "python3 -m flake8",
        "backend format in svc": "black --check .",
        "backend types in svc": "mypy .",
        "backend tests in svc": "python3 -m unittest discover -s tests",
    }


def test_the_scripts_of_a_package_are_its_checks_unless_they_write() -> None:
    texts = {
        "ui/package.json": package(
            lint="eslint . --fix",
            format="prettier --write .",
            **{"format:check": "prettier --check .", "type-check": "tsc --noEmit"},
            test='echo "Error: no test specified" && exit 1',
        ),
        "ui/eslint.config.js": "",
    }

    assert lines(["ui/eslint.config.js"], texts) == {
        "frontend lint in ui": "npx --no-install eslint .",
        "frontend format in ui": "npm run format:check",
        "frontend types in ui": "npm run type-check",
    }


def test_checks_that_are_named_take_the_place_of_those_that_are_found() -> None:
    settings = parse(b"checks: {backend: {lint: make lint}}")
    pyproject = "[tool.ruff]\n"

    assert lines([], {"api/pyproject.toml": pyproject}, settings) == {
        "backend lint in .": "make lint",
        "backend format in api": "ruff format --check .",
    }


def test_sides_without_any_check_are_still_expected_to_have_them() -> None:
    settings = parse(b"paths: {backend: [x/**]}")
    parts_found = found(["ui/package.json"], {"ui/package.json": package()})

    assert detect.sides(parts_found, NOTHING_SAID) == (Side.FRONTEND,)
    assert detect.sides(parts_found, settings) == (Side.BACKEND,)


SCRIPTS = {
    "ui": {
        "lint": "eslint src",
        "all": "npm run lint",
        "both": "eslint . && tsc",
        "test": "vitest run",
        "unit": "node --test",
    }
}
JUNIT = ("-o", "junit_family=xunit1", f"--junitxml={REPORT}")
ESLINT = ("--", "--format=json", f"--output-file={REPORT}")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pytest -q", Command(("pytest", "-q", *JUNIT), "junit", REPORT)),
        (
            "uv run --frozen python -m pytest",
            Command(("uv", "run", "--frozen", "python", "-m", "pytest", *JUNIT), "junit", REPORT),
        ),
        (
            "env A=b python3 -m unittest",
            Command(("env", "A=b", "python3", "-m", "unittest"), "unittest", None),
        ),
        ("ruff check src", Command(("ruff", "check", "src", "--output-format=json"), "ruff", None)),
        ("ruff format --check", Command(("ruff", "format", "--check"), "unformatted", None)),
        (
            ".venv/bin/mypy 'a b'",
            Command(
                (
                    *(".venv/bin/mypy", "a b"),
                    *("--output=json", "--no-pretty", "--no-error-summary"),
                ),
                "mypy",
                None,
            ),
        ),
        ("make lint", Command(("make", "lint"), "whole", None)),
        ("a && b", Command(("/bin/bash", "-c", "a && b"), "whole", None)),
        ("A=b pytest", Command(("/bin/bash", "-c", "A=b pytest"), "whole", None)),
        ("echo 'unclosed", Command(("/bin/bash", "-c", "echo 'unclosed"), "whole", None)),
        (
            "npm --prefix ui run lint",
            Command(
                ("npm", "--silent", "--prefix", "ui", "run", "lint", *ESLINT), "eslint", REPORT
            ),
        ),
        (
            "npm run all --prefix ui",
            Command(("npm", "--silent", "run", "all", "--prefix", "ui"), "whole", None),
        ),
        (
            "npm --prefix ui run both",
            Command(("npm", "--silent", "--prefix", "ui", "run", "both"), "whole", None),
        ),
        ("npm run missing", Command(("npm", "run", "missing"), "whole", None)),
    ],
)
def test_a_command_is_asked_for_output_that_can_be_read(line: str, expected: Command) -> None:
    assert prepare(line, SCRIPTS, "") == expected


def test_nodes_own_runner_is_asked_by_a_variable() -> None:
    command = prepare("npm test", {"": {"test": "node --test"}}, "")

    assert command.argv[0] == "env"
    assert "--test-reporter=junit" in command.argv[1]
    assert command.argv[2:] == ("npm", "--silent", "test")
    assert (command.reader, command.report) == ("junit", REPORT)


def test_a_kind_of_a_side_is_checked_once() -> None:
    texts = {"a/pyproject.toml": "[tool.ruff]\n", "b/pyproject.toml": "[tool.ruff]\n"}
    configured = detect.checks(sorted(texts), texts, parts(sorted(texts), texts), NOTHING_SAID)

    assert [(c.check.id.kind, c.check.cwd) for c in configured] == [
        (CheckKind.LINT, "a"),
        (CheckKind.FORMAT, "a"),
    ]
