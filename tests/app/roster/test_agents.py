"""The team as it stands in `agents/`: complete, and its examples hold what its readers demand."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.roster import read_roster
from phases.core.agent import Roster
from phases.core.artifacts import KINDS, Facts, refusals
from phases.core.submission import Demand, parse, unmet, unreviewed

FOLDER = Path(__file__).parents[3] / "agents"
DEMANDS = {
    "pm-spec.md": {Demand.REQUIREMENTS, Demand.WEIGHT, Demand.SIDES},
    "plan-review.md": {Demand.VERDICT, Demand.REVIEWS},
    "backend-implementation.md": {Demand.COMMIT, Demand.INTERFACES},
    "frontend-implementation.md": {Demand.COMMIT},
    "optimization-report.md": {Demand.COMMIT_OR_NO_CHANGE},
    "simplification-report.md": {Demand.COMMIT_OR_NO_CHANGE},
    "test-report.md": {Demand.COMMIT},
    "diagnosis.md": {Demand.DIAGNOSIS},
    "quality-report.md": {Demand.COMMIT_OR_NO_CHANGE},
    "review-report.md": {Demand.VERDICT, Demand.FINDINGS},
    "documentation-report.md": {Demand.COMMIT},
    "merge-report.md": {Demand.COMMIT},
}
PLANS = ("design-plan.md", "system-plan.md", "test-plan.md")
_DOCUMENT = re.compile(r"^````markdown (\S+)\n(.*?)^````$", re.MULTILINE | re.DOTALL)
_SUBMISSION = re.compile(r"^```json (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECEIPTS = "tests of the back end: 212 passed; tests of the front end: 88 passed"


@pytest.fixture(scope="module")
def roster() -> Roster:
    return read_roster(FOLDER)


def documents(roster: Roster) -> dict[str, str]:
    """Return the example document of each artifact, from whichever agent makes it."""
    found: dict[str, str] = {}
    for agent in roster.agents:
        for name, text in re.findall(
            r"^````markdown (\S+)\n(.*?)^````$", agent.body, re.MULTILINE | re.DOTALL
        ):
            assert name in agent.outputs
            assert name not in found
            found[name] = text
    return found


def submissions(roster: Roster) -> dict[str, dict[str, Any]]:
    """Return the example of `submit` for each artifact."""
    return {
        name: json.loads(text)
        for agent in roster.agents
        for name, text in re.findall(
            r"^```json (\S+)\n(.*?)^```$", agent.body, re.MULTILINE | re.DOTALL
        )
    }


def test_the_twelve_and_the_debugger_are_there(roster: Roster) -> None:
    assert [agent.name for agent in roster.agents] == [
        "architect",
        "backend-developer",
        "code-optimizer",
        "code-reviewer",
        "code-simplifier",
        "debugger",
        "documentation-expert",
        "frontend-developer",
        "product-manager",
        "project-manager",
        "quality-checker",
        "test-writer",
        "ui-designer",
    ]


def test_the_skills_and_rules_are_there(roster: Roster) -> None:
    assert {skill.name for skill in roster.skills} == {
        *("commit", "debug", "review", "verification-before-completion"),
    }
    assert {"rules/untrusted-text.md", "rules/honest-reporting.md", "rules/no-silencing.md"} <= {
        rule.path for rule in roster.rules
    }


def test_every_artifact_has_an_example_of_document_and_submission(roster: Roster) -> None:
    assert documents(roster).keys() == KINDS.keys()
    assert submissions(roster).keys() == KINDS.keys()


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_example_passes_the_validators_it_teaches(roster: Roster, name: str) -> None:
    examples = documents(roster)
    given = submissions(roster)[name]
    others = tuple(text for other, text in examples.items() if other != name)
    facts = Facts(
        requirements=("R1", "R2", "R3"),
        test_plan=examples["test-plan.md"],
        reviewed=PLANS,
        sources=(*others, RECEIPTS),
        exists=lambda _path, _line: True,
        verdict=given.get("verdict", ""),
        findings=tuple(finding["id"] for finding in given.get("findings", ())),
    )

    assert refusals(name, examples[name], facts) == ()


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_example_of_submit_brings_what_its_step_demands(roster: Roster, name: str) -> None:
    raw = {**submissions(roster)[name], "artifact": documents(roster)[name]}

    submission = parse(raw)

    assert unmet(submission, frozenset(DEMANDS.get(name, set()))) == ()
    if name == "plan-review.md":
        assert unreviewed(submission, PLANS) == ()


def test_the_requirements_of_the_example_are_those_of_its_document(roster: Roster) -> None:
    raw = submissions(roster)["pm-spec.md"]

    assert [entry["id"] for entry in raw["requirements"]] == ["R1", "R2", "R3"]


def test_only_those_may_write_who_make_commits(roster: Roster) -> None:
    writing = {agent.name: agent.may_write for agent in roster.agents if agent.writes()}

    assert writing == {
        "backend-developer": ("{backend}",),
        "code-optimizer": ("{changed}",),
        "code-simplifier": ("{changed}",),
        "documentation-expert": ("{docs}",),
        "frontend-developer": ("{frontend}",),
        "quality-checker": ("**",),
        "test-writer": ("{tests}",),
    }


def test_planners_and_reviewers_have_no_editor(roster: Roster) -> None:
    for name in ("project-manager", "product-manager", "ui-designer", "architect", "code-reviewer"):
        agent = roster.agent(name)
        assert agent.may_call("str_replace_based_edit_tool", "view")
        assert not agent.may_call("str_replace_based_edit_tool", "create")


def test_every_prohibition_gives_its_reason(roster: Roster) -> None:
    for agent in roster.agents:
        for sentence in agent.must_not:
            assert ":" in sentence or "," in sentence
            assert sentence.endswith(".")


@pytest.mark.parametrize("heading", ["Mission", "What you receive", "Method", "What you hand in"])
def test_every_agent_file_has_the_same_parts(roster: Roster, heading: str) -> None:
    for agent in roster.agents:
        assert re.search(rf"^#+ {heading}$", agent.body, re.MULTILINE), agent.name
        assert re.search(r"^#+ When to stop and ask$", agent.body, re.MULTILINE), agent.name
