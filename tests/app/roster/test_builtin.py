from decimal import Decimal
from pathlib import Path

import pytest

from app.roster import RosterError, read_roster
from phases.core.agent import AgentLimits, Rule, Tier

AGENT = """---
name: mender
description: Mends what is broken.
model: sonnet
tools: [editor, grep, submit]
inputs: [request]
inputs_if_present: [diagnosis.md]
outputs: [diagnosis.md]
may_write: ["{backend}", "notes/*.md"]
must_not: ["Break things: they are used."]
skills: [care]
limits: {turns: 10, minutes: 5, usd: 0.30}
---

Mend it.
"""
SKILL = "---\nname: care\ndescription: Use when mending.\n---\n\nSlowly.\n"


def team(folder: Path, *, agent: str = AGENT, skill: str = SKILL) -> Path:
    agents = folder / "agents"
    (agents / "skills" / "care").mkdir(parents=True)
    (agents / "rules").mkdir()
    (agents / "mender.md").write_text(agent)
    (agents / "skills" / "care" / "SKILL.md").write_text(skill)
    (agents / "rules" / "web.md").write_text('---\npaths: ["web/**"]\n---\nBe quick.\n')
    (agents / "rules" / "all.md").write_text("Be kind.\n")
    return agents


def faults_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(RosterError) as refused:
        read_roster(folder)
    return refused.value.faults


def test_a_team_is_read_from_its_files(tmp_path: Path) -> None:
    roster = read_roster(team(tmp_path))

    agent = roster.agent("mender")
    assert agent.tier is Tier.SONNET
    assert agent.tools == ("editor", "grep", "submit")
    assert agent.may_write == ("{backend}", "notes/*.md")
    assert agent.limits == AgentLimits(turns=10, minutes=5, usd=Decimal("0.3"))
    assert agent.body == "Mend it."
    assert roster.skill("care").body == "Slowly."
    assert roster.rules == (
        Rule("rules/all.md", (), "Be kind."),
        Rule("rules/web.md", ("web/**",), "Be quick."),
    )


def test_a_missing_and_an_unknown_field_are_named_with_the_file(tmp_path: Path) -> None:
    folder = team(tmp_path, agent=AGENT.replace("must_not:", "mustnt:"))

    faults = faults_of(folder)

    assert any(
        fault.startswith("agents/mender.md: the field `mustnt` is unknown") for fault in faults
    )
    assert "agents/mender.md: the field `must_not` is missing." in faults


def test_the_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = team(tmp_path, agent=AGENT.replace("sonnet", "gpt"), skill="no front matter")

    faults = faults_of(folder)

    assert any("agents/mender.md: `model` must be one of" in fault for fault in faults)
    assert any("agents/skills/care/SKILL.md: the field `name` is missing" in f for f in faults)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("name: mender", "name: breaker", "by its place it must be 'mender'"),
        ("name: mender", "name: [mender]", "`name` must be text"),
        ("[editor, grep, submit]", "[editor, submit, Bash]", "`tools` lists 'Bash'"),
        ("[editor, grep, submit]", "[editor, editor, submit]", "lists 'editor' twice"),
        ("[editor, grep, submit]", "[editor]", "`tools` lacks submit"),
        ("[editor, grep, submit]", "[grep, submit]", "`tools` lacks the editor"),
        ("[editor, grep, submit]", "editor", "must be a list of texts"),
        ("[diagnosis.md]\nmay", "[poem.md]\nmay", "`outputs` lists 'poem.md'"),
        ("[diagnosis.md]\nmay", "[]\nmay", "`outputs` is empty"),
        ("[request]", "[horoscope]", "reads 'horoscope', which nobody makes"),
        ("[request]", "[diagnosis.md]", "both always and if present"),
        ("{backend}", "{server}", "a placeholder stands alone"),
        ("{backend}", "{backend}/x", "a placeholder stands alone"),
        ("notes/*.md", "/etc/*", "a pattern is relative"),
        ("notes/*.md", "../x", "a pattern is relative"),
        ("notes/*.md", "!x", "a pattern is relative"),
        ('["Break things: they are used."]', "[]", "`must_not` is empty"),
        ("[care]", "[haste]", "no such skill"),
        ("turns: 10, ", "", "`limits` must have exactly turns, minutes, usd"),
        ("turns: 10", "turns: 0", "whole number from 1"),
        ("turns: 10", "turns: true", "whole number from 1"),
        ("usd: 0.30", "usd: -1", "amount above zero"),
        ("usd: 0.30", "usd: .nan", "amount above zero"),
        ("usd: 0.30", "usd: lots", "amount above zero"),
        ("\nMend it.\n", "", "no text below"),
        ("model: sonnet", "model: sonnet\nmodel: opus", "gives 'model' twice"),
        ("model: sonnet", "model: &a sonnet\nx: *a", "YAML alias"),
        ("[request]", "[[[[[[[[[[request]]]]]]]]]]", "nests deeper"),
        ("Mends what is broken.", "Use when: broken: mend", "Put text with a colon in quotes"),
        ("\n---\n\nMend", "\n\nMend", "not closed"),
        ("name: mender", "- name", "front matter is no YAML"),
        ("name: mender", "1: 2\nname: mender", "a key that is not text"),
        ("Mend it.", "x" * 70_000, "at most 65536"),
    ],
)
def test_a_fault_is_told_with_the_file(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert before in AGENT
    folder = team(tmp_path, agent=AGENT.replace(before, after))

    faults = faults_of(folder)

    assert any(fault.startswith("agents/mender.md: ") and words in fault for fault in faults)


def test_an_artifact_has_one_maker(tmp_path: Path) -> None:
    folder = team(tmp_path)
    (folder / "second.md").write_text(AGENT.replace("name: mender", "name: second"))

    assert faults_of(folder) == ("diagnosis.md is made by more than one agent: mender, second.",)


def test_an_empty_folder_is_no_team(tmp_path: Path) -> None:
    assert "there is no agent in it" in faults_of(tmp_path)[0]


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    folder = team(tmp_path)
    (folder / "rules" / "all.md").write_bytes(b"\xff\xfe")

    assert faults_of(folder)[0].startswith("agents/rules/all.md: ")
