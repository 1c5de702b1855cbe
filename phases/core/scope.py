"""What an agent may change: its own places, never the lists below, guarded files only by plan.

The reasons are sentences for the agent; enforcement (putting files back) is the caller's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from phases.core.agent import Agent, exactly, matches_any
from phases.core.model import Change, Places
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
# Files that decide what gets installed or shipped: only when the reviewed plan names the path.
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
)


@dataclass(frozen=True)
class Scope:
    """What one step may change, in gitignore patterns; `named` is text that lifts the guard."""

    patterns: tuple[str, ...]
    excluded: tuple[str, ...]
    named: str

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
        if not self.patterns or not matches_any(self.patterns, [path]):
            return "it lies outside your scope"
        if self.excluded and matches_any(self.excluded, [path]):
            return "tests belong to the test-writer"
        if matches_any(GUARDED, [path]) and path not in self.named:
            return "it is guarded, and the reviewed plan does not name it"
        return None


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
    owns_tests = "{tests}" in agent.may_write or any(p in {"**", "*", "/"} for p in agent.may_write)
    return Scope(patterns, () if owns_tests else places.tests, plan)


def step_scope(agent: Agent, record: Record) -> Scope:
    """Return what an agent may change now: where things lie, and what the run has changed."""
    places = record.run.base.places if record.run.base else Places()
    changed = {path for _, commit in record.commits for path in commit.files}
    plan = record.artifact("system-plan.md")
    return scope_of(agent, places, sorted(changed), plan.text if plan else "")


def guarded(paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of the paths that a reviewer should look at first."""
    return tuple(path for path in paths if matches_any(GUARDED, [path]))


def _both_cases(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return (*patterns, *(pattern.lower() for pattern in patterns))
