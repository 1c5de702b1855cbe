"""Paths that steer GitHub, its runners or agents, and what asking for them brings."""

import pytest

from phases.core.model import Change, ChangeKind
from phases.core.scope import guarded, scope_of
from tests.fakes.outside import PLACES
from tests.fakes.team import team

NEVER = (
    ".github/workflows/ci.yml",
    ".GitHub/WORKFLOWS/ci.YML",
    ".github/actions/setup/action.yml",
    "CODEOWNERS",
    "docs/CodeOwners",
    ".github/dependabot.yaml",
    "back/.gitmodules",
    "CLAUDE.md",
    "back/agents.md",
    ".claude/agents/code-reviewer.md",
    ".github/copilot-instructions.md",
    ".github/phaseline.yml",
)
GUARDED = ("back/pyproject.toml", "back/uv.lock", "front/package-lock.json", "back/Dockerfile")


@pytest.mark.parametrize("path", NEVER)
@pytest.mark.parametrize("kind", ChangeKind)
@pytest.mark.parametrize("agent", ["quality-checker", "backend-developer", "test-writer"])
def test_what_steers_others_is_changed_by_nobody(path: str, kind: ChangeKind, agent: str) -> None:
    """Attack 45: also where the plan names it, and where it was asked for."""
    scope = scope_of(team().agent(agent), PLACES, (path,), f"We change {path}.")

    assert scope.objection(Change(path, kind))
    assert scope.opening(path).objection(Change(path, kind))
    assert scope.why_closed(path)


@pytest.mark.parametrize("path", GUARDED)
def test_what_decides_about_installing_needs_the_plan_and_is_shown_first(path: str) -> None:
    """Attack 45."""
    developer = team().agent(
        "frontend-developer" if path.startswith("front") else "backend-developer"
    )
    change = Change(path, ChangeKind.MODIFIED)

    unnamed = scope_of(developer, PLACES, (), "We change nothing of that kind.")
    named = scope_of(developer, PLACES, (), f"A new dependency in {path}.")

    assert unnamed.objection(change)
    assert unnamed.opening(path).objection(change)
    assert named.objection(change) is None
    assert guarded([path, "back/a.py"]) == (path,)
