from dataclasses import replace
from pathlib import Path

import pytest

from app.roster import DEFINITIONS, RosterError, join_repository, read_roster
from phases.core.agent import Roster, Tier, matches_any

REVIEWER = """---
name: code-reviewer
description: Reviews our way.
tools: Read, Grep, Bash(git diff:*), Edit, WebFetch
model: sonnet
color: red
mood: good
---

Look for our own pitfalls.
"""


@pytest.fixture(scope="module")
def roster() -> Roster:
    return read_roster(Path(__file__).parents[3] / "agents")


def test_nothing_of_a_repository_leaves_the_team_as_it_is(roster: Roster) -> None:
    joined = join_repository(roster, {}, ())

    assert joined.roster == roster
    assert joined.notes == ()


def test_an_agent_of_the_repository_is_used_only_when_it_was_chosen(roster: Roster) -> None:
    texts = {".claude/agents/code-reviewer.md": REVIEWER}

    joined = join_repository(roster, texts, ())

    assert joined.roster == roster


def test_a_chosen_agent_brings_text_and_model_and_nothing_else(roster: Roster) -> None:
    texts = {".claude/agents/code-reviewer.md": REVIEWER}

    joined = join_repository(roster, texts, {"code-reviewer"})

    ours, theirs = roster.agent("code-reviewer"), joined.roster.agent("code-reviewer")
    assert theirs.body == "Look for our own pitfalls."
    assert theirs.tier is Tier.SONNET
    assert theirs.tools == ("view", "grep", "bash", "load_skill", "submit")
    assert replace(theirs, body=ours.body, tier=ours.tier, tools=ours.tools) == ours


def test_what_has_no_effect_is_reported(roster: Roster) -> None:
    texts = {".claude/agents/code-reviewer.md": REVIEWER}

    notes = join_repository(roster, texts, {"code-reviewer"}).notes

    assert any("`color` has no effect here" in note for note in notes)
    assert any("`mood` is unknown" in note for note in notes)
    assert any("the tool Edit is not this agent's to have" in note for note in notes)
    assert any("the tool WebFetch does not exist here" in note for note in notes)


def test_tools_left_out_mean_none_and_an_unknown_model_changes_nothing(roster: Roster) -> None:
    text = "---\nname: architect\nmodel: turbo\n---\nPlan.\n"

    joined = join_repository(roster, {".claude/agents/architect.md": text}, {"architect"})

    agent = joined.roster.agent("architect")
    assert agent.tools == ("load_skill", "submit")
    assert agent.tier is Tier.OPUS
    assert len(joined.notes) == 2


def test_an_editor_may_view(roster: Roster) -> None:
    text = "---\ntools: [Read, Write]\nmodel: inherit\n---\nBuild.\n"

    joined = join_repository(
        roster, {".claude/agents/backend-developer.md": text}, {"backend-developer"}
    )

    assert joined.roster.agent("backend-developer").tools[:2] == ("view", "editor")


@pytest.mark.parametrize(
    ("texts", "chosen", "words"),
    [
        ({}, {"poet"}, "no agent is called so"),
        ({}, {"architect"}, ".claude/agents/architect.md is missing"),
        ({".claude/agents/architect.md": "---\na: *b\n---\nx"}, {"architect"}, "YAML"),
        ({".claude/agents/architect.md": "---\nname: architect\n---\n"}, {"architect"}, "no text"),
    ],
)
def test_a_choice_that_cannot_be_honoured_is_refused(
    roster: Roster, texts: dict[str, str], chosen: set[str], words: str
) -> None:
    with pytest.raises(RosterError) as refused:
        join_repository(roster, texts, chosen)

    assert words in refused.value.faults[0]


def test_skills_of_the_repository_join_and_never_replace(roster: Roster) -> None:
    texts = {
        ".claude/skills/release/SKILL.md": "---\ndescription: Use when releasing.\n---\nTag it.\n",
        ".claude/skills/commit/SKILL.md": "---\ndescription: Ours.\n---\nAnyhow.\n",
        ".claude/skills/broken/SKILL.md": "---\ndescription: [\n---\nx\n",
        ".claude/skills/empty/SKILL.md": "nothing to say when",
    }

    joined = join_repository(roster, texts, ())

    assert joined.roster.skill("release").body == "Tag it."
    assert joined.roster.skill("commit") == roster.skill("commit")
    assert len(joined.roster.skills) == len(roster.skills) + 1
    assert len(joined.notes) == 3


def test_rules_of_the_repository_join_with_their_paths(roster: Roster) -> None:
    texts = {
        "AGENTS.md": "Use tabs.",
        "CLAUDE.md": "Use tabs.",
        ".claude/rules/api/http.md": "---\npaths: api/**, web/**\nowner: team\n---\nVersion it.\n",
        ".claude/rules/bad.md": "---\npaths: [\n---\nx",
        "README.md": "No rule.",
    }

    joined = join_repository(roster, texts, ())

    added = joined.roster.rules[len(roster.rules) :]
    assert [(rule.path, rule.globs, rule.body) for rule in added] == [
        (".claude/rules/api/http.md", ("api/**", "web/**"), "Version it."),
        ("AGENTS.md", (), "Use tabs."),
    ]
    assert any("`owner` has no effect" in note for note in joined.notes)
    assert any(".claude/rules/bad.md" in note and "left out" in note for note in joined.notes)


def test_an_endless_rule_is_cut_and_says_so(roster: Roster) -> None:
    joined = join_repository(roster, {"CLAUDE.md": "word " * 10_000}, ())

    assert len(joined.roster.rules[-1].body) <= 32_000
    assert "only its first 32000 characters" in joined.notes[0]


def test_the_paths_to_read_are_known(roster: Roster) -> None:
    wanted = [".claude/agents/x.md", ".claude/skills/x/SKILL.md", ".claude/rules/a/b.md"]

    assert all(matches_any(DEFINITIONS, [path]) for path in (*wanted, "CLAUDE.md", "AGENTS.md"))
    assert not matches_any(DEFINITIONS, ["docs/CLAUDE.md", "README.md", ".claude/settings.json"])
