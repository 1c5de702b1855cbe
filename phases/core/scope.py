"""What an agent may change: its own places, never the lists below, guarded files only by plan.

The reasons are sentences for the agent; enforcement (putting files back) is the caller's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from phases.core.agent import Agent, exactly, matches_any
from phases.core.model import Change, ChangeKind, Places
from phases.core.record import Record

# Files that steer GitHub, its runners, or agents: no run ever changes them.
NEVER = (
    "/.github/workflows/",
    "/.github/actions/",
    "CODEOWNERS",
    "/.github/dependabot.y*ml",
    ".gitmodules",
    "/.github/phaseline.y*ml",
    "CLAUDE.md",
    "AGENTS.md",
    ".claude/",
    ".cursorrules",
    ".cursor/",
    "copilot-instructions.md",
)
# Files that decide what a check looks at and what it lets pass: a change of them can make any check
# green without mending anything.
CONFIGURATION = (
    *("ruff.toml", ".ruff.toml", ".flake8", ".pylintrc", "pylintrc", ".isort.cfg"),
    *("mypy.ini", ".mypy.ini", "pyrightconfig.json", "pytest.ini", "tox.ini", "noxfile.py"),
    *(".coveragerc", ".pre-commit-config.y*ml"),
    *("biome.json*", ".eslintrc*", "eslint.config.*", ".eslintignore"),
    *(".prettierrc*", "prettier.config.*", ".prettierignore", ".stylelintrc*"),
    *("tsconfig*.json", "jsconfig.json", "vitest.config.*", "vite.config.*", "jest.config.*"),
    *("playwright.config.*", "cypress.config.*", "karma.conf.*"),
    *(".golangci.y*ml", ".golangci.toml", "clippy.toml", ".clippy.toml", "rustfmt.toml"),
    *(".rubocop*.yml", ".rspec", "phpstan*.neon*", "phpunit*.xml*"),
)
# Files that decide what gets installed, shipped or checked: only when the reviewed plan names them.
GUARDED = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements*.txt",
    "requirements*.in",
    "uv.lock",
    "poetry.lock",
    "Pipfile*",
    "package.json",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "go.mod",
    "go.sum",
    "Cargo.toml",
    "Cargo.lock",
    "Gemfile*",
    "Dockerfile*",
    "compose*.y*ml",
    "docker-compose*.y*ml",
    *CONFIGURATION,
)


# Whose scope may grow. The scope of everybody else is the very thing that they must not leave:
# tests for the test-writer, the run's own files for those who polish them.
_MAY_GROW = frozenset({"{backend}", "{frontend}", "{docs}"})


@dataclass(frozen=True)
class Scope:
    """What one step may change, in gitignore patterns; `named` is text that lifts the guard.

    `taken` holds the patterns of each side, `opened` the single files that were asked for and given
    beyond `patterns`. Whoever may write `everywhere` repairs what is there, and nothing else: no
    plan lifts the guard for them.
    """

    patterns: tuple[str, ...]
    excluded: tuple[str, ...]
    named: str
    taken: tuple[tuple[str, ...], ...]
    may_grow: bool
    everywhere: bool
    opened: tuple[str, ...] = ()

    def told(self) -> str:
        """Return the scope as an agent is told it."""
        lines = [f"- `{pattern}`" for pattern in self.patterns] or ["- nothing"]
        if self.excluded:
            lines.append(f"- except tests: {', '.join(f'`{p}`' for p in self.excluded)}")
        return "\n".join(lines)

    def objection(self, change: Change) -> str | None:
        """Return why a change may not stand, as the end of a sentence, or None."""
        path = change.path
        if change.refusal:
            return change.refusal
        if matches_any(_both_cases(NEVER), [path, path.lower()]):
            return "it is on the list of paths that no run ever changes"
        if not self._holds(path):
            return "it lies outside your scope"
        if self.excluded and matches_any(self.excluded, [path]):
            return "tests belong to the test-writer"
        if self.everywhere and change.kind is not ChangeKind.MODIFIED:
            return "you repair the files that are there: none is added, none goes"
        return self._guards(path)

    def _guards(self, path: str) -> str | None:
        if not matches_any(GUARDED, [path]):
            return None
        if self.everywhere:
            return "it is guarded, and nothing that you repair lies in it"
        if names_path(self.named, path):
            return None
        return "it is guarded, and the reviewed plan does not name it"

    def opening(self, *paths: str) -> "Scope":
        """Return the scope with these files opened; whether they may be, `why_closed` says."""
        return replace(self, opened=(*self.opened, *paths))

    def why_closed(self, path: str) -> str | None:
        """Return why a file outside is not opened when it is asked for, or None when it is.

        Opened is what belongs to nobody: to no side, not to the tests, not to the lists.
        """
        if not self._holds(path):
            if not self.may_grow:
                return "your scope is your task; say in your artifact what should change elsewhere"
            if any(side and matches_any(side, [path]) for side in self.taken):
                return "it belongs to another side; say in your artifact what should change there"
        return self.opening(path).objection(Change(path, ChangeKind.MODIFIED))

    def _holds(self, path: str) -> bool:
        inside = bool(self.patterns) and matches_any(self.patterns, [path])
        return inside or path in self.opened


def scope_of(agent: Agent, places: Places, changed: Iterable[str], plan: str) -> Scope:
    """Return what an agent may change in this repository; `changed` are the run's own files."""
    patterns = agent.write_patterns(
        {
            "backend": places.backend,
            "frontend": places.frontend,
            "docs": places.docs,
            "tests": places.tests,
            "changed": tuple(exactly(path) for path in changed),
        }
    )
    everywhere = any(pattern in {"**", "*", "/"} for pattern in agent.may_write)
    owns_tests = everywhere or "{tests}" in agent.may_write
    return Scope(
        patterns,
        () if owns_tests else places.tests,
        plan,
        taken=(places.backend, places.frontend, places.docs),
        may_grow=bool(_MAY_GROW & set(agent.may_write)),
        everywhere=everywhere,
    )


def step_scope(agent: Agent, record: Record) -> Scope:
    """Return what an agent may change now: where things lie, and what the run has changed."""
    places = record.run.base.places if record.run.base else Places()
    changed = {path for _, commit in record.commits for path in commit.files}
    plan = record.artifact("system-plan.md")
    return scope_of(agent, places, sorted(changed), plan.text if plan else "")


def merge_scope(conflicts: Iterable[str]) -> Scope:
    """Return what an agent may change that resolves a merge: the files with conflicts, all kinds.

    What both sides changed was let through on either side: only the lists of `NEVER` still hold.
    """
    paths = tuple(conflicts)
    patterns = tuple(exactly(path) for path in paths)
    return Scope(patterns, (), "\n".join(paths), taken=(), may_grow=False, everywhere=False)


def names_path(text: str, path: str) -> bool:
    """Tell whether a text names exactly that path: `web/package.json` is not `package.json`."""
    whole = rf"(?<![\w./@-])(?:\.?/|/workspace/)?{re.escape(path)}(?![\w/@-]|\.\w)"
    return re.search(whole, text) is not None


def guarded(paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of the paths that a reviewer should look at first."""
    return tuple(path for path in paths if matches_any(GUARDED, [path]))


def _both_cases(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return (*patterns, *(pattern.lower() for pattern in patterns))
