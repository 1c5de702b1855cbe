"""Finds the quality commands of a repository, from its settings or from what its files configure.

It runs nothing: what it names may still turn out not to be installed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.workspace.checks.commands import prepare
from app.workspace.layout import Ecosystem, Part, package
from app.workspace.repository_settings import RepositorySettings
from phases.core.receipts import Check, CheckId, CheckKind
from phases.core.submission import Side

READ = frozenset(
    {
        *("pyproject.toml", "setup.cfg", "tox.ini", "package.json", "ruff.toml", ".ruff.toml"),
        *("mypy.ini", ".mypy.ini"),
        *("requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "requirements.in"),
    }
)
"""Names of the files whose texts are looked into."""

_NODE_SCRIPTS = {
    CheckKind.LINT: ("lint", "lint:check", "check:lint", "eslint"),
    CheckKind.FORMAT: (
        *("format:check", "format-check", "check:format", "fmt:check", "prettier:check"),
        *("check-format", "prettier", "format"),
    ),
    CheckKind.TYPES: (
        *("typecheck", "type-check", "types", "types:check", "check:types", "check-types", "tsc"),
    ),
    CheckKind.TESTS: ("test", "test:unit", "test:run", "test:ci", "unit"),
}
_WRITES = re.compile(r"--write\b|--fix\b|--apply\b|\s-w\b")
_NO_TEST = re.compile(r"no test specified")
_ESLINT_CONFIG = re.compile(r"(?:\.eslintrc(?:\.\w+)?|eslint\.config\.\w+)")
_PRETTIER_CONFIG = re.compile(r"(?:\.prettierrc(?:\.\w+)?|prettier\.config\.\w+)")
_MYPY_SECTION = re.compile(r"^\[(?:tool\.)?mypy\]$(.*?)(?=^\[|\Z)", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"^(?:files|packages|modules)\s*=", re.MULTILINE)
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")


@dataclass(frozen=True)
class Configured:
    """A check, and the command as the repository has it."""

    check: Check
    line: str


def checks(
    files: Sequence[str],
    texts: Mapping[str, str],
    found: Sequence[Part],
    settings: RepositorySettings,
) -> tuple[Configured, ...]:
    """Return the checks of a repository, at most one of a kind and side.

    `texts` are the contents of the files whose names are in `READ`, by path. What the settings
    name takes the place of what was found for that side and kind.
    """
    scripts = _scripts(texts)
    chosen: dict[CheckId, Configured] = {}
    for check_id, line in settings.checks:
        chosen[check_id] = _check(check_id, line, scripts, "")
    for part in found:
        commands = _commands(part, files, texts, scripts)
        for kind, line in commands:
            check_id = CheckId(part.side, kind)
            if check_id not in chosen:
                chosen[check_id] = _check(check_id, line, scripts, part.directory)
    order = [CheckId(side, kind) for side in Side for kind in CheckKind]
    return tuple(chosen[check_id] for check_id in order if check_id in chosen)


def sides(found: Sequence[Part], settings: RepositorySettings) -> tuple[Side, ...]:
    """Return the sides that checks are expected of."""
    told = dict(settings.paths)
    there = {part.side for part in found} | {check_id.side for check_id, _ in settings.checks}
    there |= {side for side in (Side.BACKEND, Side.FRONTEND) if told.get(side)}
    if "backend" in told or "frontend" in told:
        there = {s for s in there if told.get(s) or any(i.side is s for i, _ in settings.checks)}
    return tuple(side for side in Side if side in there)


def _check(
    check_id: CheckId, line: str, scripts: Mapping[str, Mapping[str, str]], directory: str
) -> Configured:
    command = prepare(line, scripts, directory)
    check = Check(check_id, command.argv, directory, command.reader, command.report)
    return Configured(check, line)


def _scripts(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        directory, _, name = path.rpartition("/")
        scripts = package(text).get("scripts") if name == "package.json" else None
        if isinstance(scripts, dict):
            found[directory] = {k: v for k, v in scripts.items() if isinstance(v, str)}
    return found


def _commands(
    part: Part,
    files: Sequence[str],
    texts: Mapping[str, str],
    scripts: Mapping[str, Mapping[str, str]],
) -> Iterator[tuple[CheckKind, str]]:
    if part.ecosystem is Ecosystem.PYTHON:
        yield from _python(_Files(part.directory, files, texts))
    elif part.ecosystem is Ecosystem.NODE:
        own = scripts.get(part.directory, {})
        yield from _from_scripts(own)
        yield from _node(_Files(part.directory, files, texts))


class _Files:
    """The files of one part and what they say."""

    def __init__(self, directory: str, files: Sequence[str], texts: Mapping[str, str]) -> None:
        self._prefix = f"{directory}/" if directory else ""
        self._texts = texts
        self._all = frozenset(files)
        self.below = [f.removeprefix(self._prefix) for f in files if f.startswith(self._prefix)]
        self.names = frozenset(file for file in self.below if "/" not in file)

    def says(self, name: str, words: str) -> bool:
        """Tell whether a file of the part holds these words."""
        return words in self._texts.get(self._prefix + name, "")

    def or_above(self, names: Iterable[str]) -> bool:
        """Tell whether one of these files lies in the part, or in a directory above it."""
        return any(
            f"{above}/{name}" in self._all if above else name in self._all
            for above in self._upwards()
            for name in names
        )

    def says_or_above(self, name: str, words: str) -> bool:
        """Tell whether the file of that name, here or above, holds these words."""
        return any(
            words in self._texts.get(f"{above}/{name}" if above else name, "")
            for above in self._upwards()
        )

    def mentions(self, package_name: str) -> bool:
        """Tell whether a file that names dependencies names this one."""
        word = re.compile(rf"(?<![\w-]){re.escape(package_name)}(?![\w-])")
        return any(
            word.search(text) for path, text in self._texts.items() if path.startswith(self._prefix)
        )

    def sections(self, pattern: re.Pattern[str]) -> Iterator[str]:
        """Yield what the pattern's group finds in the files of the part's own directory."""
        for name in self.names:
            yield from pattern.findall(self._texts.get(self._prefix + name, ""))

    def _upwards(self) -> Iterator[str]:
        directory = self._prefix.rstrip("/")
        while directory:
            yield directory
            directory = directory.rpartition("/")[0]
        yield ""


def _python(part: _Files) -> Iterator[tuple[CheckKind, str]]:
    ruff = part.or_above(("ruff.toml", ".ruff.toml")) or part.says_or_above(
        "pyproject.toml", "[tool.ruff"
    )
    if ruff:
        yield CheckKind.LINT, "ruff check ."
    elif ".flake8" in part.names or _configured(part, "[flake8]"):
        yield CheckKind.LINT, "python3 -m flake8"
    if part.says_or_above("pyproject.toml", "[tool.black"):
        yield CheckKind.FORMAT, "black --check ."
    elif ruff:
        yield CheckKind.FORMAT, "ruff format --check ."
    yield from _python_types(part)
    yield from _python_tests(part)


def _python_types(part: _Files) -> Iterator[tuple[CheckKind, str]]:
    mypy = part.names & {"mypy.ini", ".mypy.ini"} or part.says("setup.cfg", "[mypy]")
    if mypy or part.says("pyproject.toml", "[tool.mypy"):
        named = any(_NAMED.search(section) for section in part.sections(_MYPY_SECTION))
        yield CheckKind.TYPES, "mypy" if named else "mypy ."
    elif "pyrightconfig.json" in part.names or part.says("pyproject.toml", "[tool.pyright"):
        yield CheckKind.TYPES, "pyright"


def _python_tests(part: _Files) -> Iterator[tuple[CheckKind, str]]:
    tests = [file for file in part.below if _TEST_FILE.search(file)]
    pytest = (
        "pytest.ini" in part.names
        or part.says("pyproject.toml", "[tool.pytest")
        or _configured(part, "[tool:pytest]")
        or _configured(part, "[pytest]")
        or any(file.endswith("conftest.py") for file in part.below)
        or (tests and part.mentions("pytest"))
    )
    if pytest:
        yield CheckKind.TESTS, "python3 -m pytest"
    elif tests:
        top = tests[0].partition("/")[0] if "/" in tests[0] else ""
        where = f" -s {top}" if top in {"tests", "test"} else ""
        yield CheckKind.TESTS, f"python3 -m unittest discover{where}"


def _configured(part: _Files, section: str) -> bool:
    return part.says("setup.cfg", section) or part.says("tox.ini", section)


def _from_scripts(scripts: Mapping[str, str]) -> Iterator[tuple[CheckKind, str]]:
    for kind, names in _NODE_SCRIPTS.items():
        for name in names:
            script = scripts.get(name, "")
            writes = kind is not CheckKind.TESTS and _WRITES.search(script)
            unclear = name in {"format", "prettier"} and "check" not in script
            if script and not writes and not unclear and not _NO_TEST.search(script):
                yield kind, f"npm run {name}"
                break


def _node(part: _Files) -> Iterator[tuple[CheckKind, str]]:
    """Yield what a package configures without a script for it; the caller takes the first."""
    biome = part.names & {"biome.json", "biome.jsonc"}
    if any(_ESLINT_CONFIG.fullmatch(name) for name in part.names):
        yield CheckKind.LINT, "npx --no-install eslint ."
    elif biome:
        yield CheckKind.LINT, "npx --no-install biome lint"
    if any(_PRETTIER_CONFIG.fullmatch(name) for name in part.names):
        yield CheckKind.FORMAT, "npx --no-install prettier --check ."
    elif biome:
        yield CheckKind.FORMAT, "npx --no-install biome format"
    if "tsconfig.json" in part.names and part.mentions("typescript"):
        yield CheckKind.TYPES, "npx --no-install tsc --noEmit"
    for runner, line in (("vitest", "vitest run"), ("jest", "jest")):
        if part.mentions(runner):
            yield CheckKind.TESTS, f"npx --no-install {line}"
            break
