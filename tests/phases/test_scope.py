import pytest

from phases.core.agent import Agent
from phases.core.model import Change, ChangeKind
from phases.core.ownership import owner_of
from phases.core.scope import NEVER, guarded, scope_of
from tests.fakes.outside import PLACES
from tests.fakes.team import team


def objection(
    agent: str, path: str, *, changed: tuple[str, ...] = (), plan: str = ""
) -> str | None:
    member: Agent = team().agent(agent)
    change = Change(path, ChangeKind.MODIFIED)
    return scope_of(member, PLACES, changed, plan).objection(change)


@pytest.mark.parametrize(
    ("agent", "path"),
    [
        ("backend-developer", "back/a.py"),
        ("frontend-developer", "front/a.ts"),
        ("test-writer", "tests/test_a.py"),
        ("documentation-expert", "docs/a.md"),
        ("documentation-expert", "README.md"),
        ("quality-checker", "anything/at/all.py"),
        ("quality-checker", "tests/test_a.py"),
    ],
)
def test_an_agent_may_change_what_is_its_own(agent: str, path: str) -> None:
    assert objection(agent, path) is None


@pytest.mark.parametrize(
    ("agent", "path"),
    [
        ("backend-developer", "front/a.ts"),
        ("backend-developer", "tests/test_a.py"),
        ("frontend-developer", "back/a.py"),
        ("test-writer", "back/a.py"),
        ("documentation-expert", "back/a.py"),
        ("code-optimizer", "back/other.py"),
        ("architect", "back/a.py"),
    ],
)
def test_an_agent_may_not_change_what_is_anothers(agent: str, path: str) -> None:
    assert objection(agent, path, changed=("back/a.py",) if agent != "architect" else ())


def test_the_optimizer_may_change_exactly_the_files_of_the_run() -> None:
    changed = ("back/[id].py",)

    assert objection("code-optimizer", "back/[id].py", changed=changed) is None
    assert objection("code-optimizer", "back/i.py", changed=changed)


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".github/workflows/deep/er.yaml",
        ".GITHUB/Workflows/CI.yml",
        ".github/actions/x/action.yml",
        "CODEOWNERS",
        ".github/CODEOWNERS",
        "docs/codeowners",
        ".github/dependabot.yml",
        ".gitmodules",
        "sub/.gitmodules",
        ".github/phaseline.yml",
        "AGENTS.md",
        "packages/a/CLAUDE.md",
        ".claude/agents/code-reviewer.md",
        ".cursorrules",
    ],
)
def test_nobody_ever_changes_what_steers_github_or_agents(path: str) -> None:
    told = objection("quality-checker", path, plan=f"We change {path}.")

    assert told == "it is on the list of paths that no run ever changes"


@pytest.mark.parametrize(
    "path",
    [
        *("back/pyproject.toml", "back/Dockerfile", "back/requirements.txt"),
        *("back/ruff.toml", "back/mypy.ini", "back/pytest.ini", "back/deep/tsconfig.build.json"),
        *("back/.eslintrc.cjs", "back/biome.json", "back/vitest.config.ts"),
    ],
)
def test_a_guarded_file_stands_only_when_the_plan_names_its_path(path: str) -> None:
    assert objection("backend-developer", path)
    assert objection("backend-developer", path, plan=f"New dependency in {path}.") is None


@pytest.mark.parametrize(
    ("plan", "named"),
    [
        ("- `Dockerfile`: a newer base image.", True),
        ("It changes ./Dockerfile, and nothing else.", True),
        ("The last word is Dockerfile.", True),
        ("Only deploy/Dockerfile changes.", False),
        ("Dockerfile.dev gets a tool.", False),
        ("my-Dockerfile and Dockerfile-old stay.", False),
    ],
)
def test_a_plan_names_a_path_whole_and_not_the_end_of_another(plan: str, *, named: bool) -> None:
    assert (why_closed("backend-developer", "Dockerfile", plan=plan) is None) is named


def test_whoever_may_write_everywhere_repairs_what_is_there_and_no_plan_lifts_the_guard() -> None:
    scope = scope_of(team().agent("quality-checker"), PLACES, (), "We change back/ruff.toml.")

    def objection_to(path: str, kind: ChangeKind) -> str:
        return scope.objection(Change(path, kind)) or ""

    assert objection_to("back/a.py", ChangeKind.MODIFIED) == ""
    assert objection_to("tests/test_a.py", ChangeKind.MODIFIED) == ""
    assert "none goes" in objection_to("tests/test_a.py", ChangeKind.DELETED)
    assert "none is added" in objection_to("tests/conftest.py", ChangeKind.ADDED)
    assert "guarded" in objection_to("back/ruff.toml", ChangeKind.MODIFIED)


def why_closed(agent: str, path: str, plan: str = "") -> str | None:
    return scope_of(team().agent(agent), PLACES, ("back/a.py",), plan).why_closed(path)


@pytest.mark.parametrize(
    "agent", ["backend-developer", "frontend-developer", "documentation-expert"]
)
def test_a_file_that_is_nobodys_is_opened_to_whoever_works_on_a_side(agent: str) -> None:
    assert why_closed(agent, "shared/money.json") is None
    assert why_closed(agent, "Makefile") is None


@pytest.mark.parametrize(
    ("agent", "path", "why"),
    [
        ("backend-developer", "front/a.ts", "another side"),
        ("backend-developer", "docs/a.md", "another side"),
        ("frontend-developer", "back/a.py", "another side"),
        ("backend-developer", "tests/test_a.py", "tests belong to the test-writer"),
        ("backend-developer", ".github/workflows/ci.yml", "no run ever changes"),
        ("backend-developer", "Dockerfile", "does not name it"),
        ("test-writer", "back/a.py", "your scope is your task"),
        ("test-writer", "shared/money.json", "your scope is your task"),
        ("code-optimizer", "back/b.py", "your scope is your task"),
        ("architect", "back/a.py", "your scope is your task"),
    ],
)
def test_a_file_that_is_somebodys_stays_closed(agent: str, path: str, why: str) -> None:
    assert why in str(why_closed(agent, path))


def test_a_guarded_file_that_the_plan_names_is_opened() -> None:
    assert why_closed("backend-developer", "Dockerfile", plan="We change Dockerfile.") is None


def test_one_opened_file_opens_no_other() -> None:
    scope = scope_of(team().agent("backend-developer"), PLACES, (), "").opening("shared/[a].json")

    assert scope.objection(Change("shared/[a].json", ChangeKind.ADDED)) is None
    assert scope.objection(Change("shared/a.json", ChangeKind.ADDED))
    assert scope.objection(Change("shared/[a].json/b", ChangeKind.ADDED))


def test_guarded_files_are_named_to_the_reviewer() -> None:
    assert guarded(["back/a.py", "back/pyproject.toml"]) == ("back/pyproject.toml",)


def test_the_reason_of_the_scan_is_told_before_any_other() -> None:
    change = Change("back/link", ChangeKind.ADDED, "it is a link that leaves the tree")

    scope = scope_of(team().agent("backend-developer"), PLACES, (), "")

    assert scope.objection(change) == "it is a link that leaves the tree"


def test_the_never_list_has_no_pattern_that_matches_nothing() -> None:
    assert len(set(NEVER)) == len(NEVER)


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("back/a.py", "backend-developer"),
        ("front/a.ts", "frontend-developer"),
        ("tests/test_a.py", "test-writer"),
        ("Makefile", "backend-developer"),
    ],
)
def test_a_failure_belongs_to_the_owner_of_its_path(path: str, owner: str) -> None:
    assert owner_of(path, PLACES) == owner
