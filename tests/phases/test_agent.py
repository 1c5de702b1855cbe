from dataclasses import replace
from decimal import Decimal

import pytest

from phases.core.agent import (
    Agent,
    AgentLimits,
    Roster,
    Rule,
    Skill,
    Tier,
    UnknownNameError,
    exactly,
    matches_any,
)

AGENT = Agent(
    name="mender",
    description="Mends.",
    tier=Tier.SONNET,
    tools=("view", "grep", "submit"),
    inputs=("request",),
    inputs_if_present=(),
    outputs=("report.md",),
    may_write=("{backend}", "CHANGES.md"),
    must_not=("break things",),
    skills=("commit",),
    limits=AgentLimits(turns=10, minutes=5, usd=Decimal(1)),
    body="Mend.",
)
ROSTER = Roster(
    agents=(AGENT,),
    skills=(Skill("commit", "Use when committing.", "One thing."),),
    rules=(Rule("always.md", (), "Be kind."), Rule("web.md", ("web/**",), "Be quick.")),
)


def test_a_failed_attempt_goes_one_tier_up_and_the_highest_stays() -> None:
    assert [tier.next_up() for tier in Tier] == [Tier.SONNET, Tier.OPUS, Tier.OPUS]


def test_viewing_is_granted_without_editing() -> None:
    assert AGENT.may_call("str_replace_based_edit_tool", "view")
    assert not AGENT.may_call("str_replace_based_edit_tool", "create")
    assert AGENT.may_call("grep")
    assert not AGENT.may_call("bash")
    assert not AGENT.may_call("view")


def test_an_editor_may_view_and_create() -> None:
    editor = replace(AGENT, tools=("editor",))

    assert editor.may_call("str_replace_based_edit_tool", "view")
    assert editor.may_call("str_replace_based_edit_tool", "create")


def test_a_placeholder_becomes_the_places_of_the_repository() -> None:
    patterns = AGENT.write_patterns({"backend": ("server/**", "CHANGES.md")})

    assert patterns == ("server/**", "CHANGES.md")


def test_a_placeholder_without_a_place_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"mender may write \{backend\}"):
        AGENT.write_patterns({})


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"'builder'.*mender"):
        ROSTER.agent("builder")
    with pytest.raises(UnknownNameError, match=r"'review'.*commit"):
        ROSTER.skill("review")


def test_the_skills_of_an_agent_are_those_its_file_names() -> None:
    assert ROSTER.skills_of(ROSTER.agent("mender")) == ROSTER.skills


def test_a_rule_with_globs_reaches_only_work_on_those_paths() -> None:
    assert [rule.path for rule in ROSTER.rules_for(["src/a.py"])] == ["always.md"]
    assert [rule.path for rule in ROSTER.rules_for(["web/a.ts"])] == ["always.md", "web.md"]


def test_the_digest_changes_with_any_word() -> None:
    changed = replace(ROSTER, agents=(replace(AGENT, body="Mend well."),))

    assert ROSTER.digest() == replace(ROSTER).digest()
    assert ROSTER.digest() != changed.digest()


@pytest.mark.parametrize("path", ["app/[id]/page.ts", "a b ", "!a", "#a", "*.py", "a\\b"])
def test_a_path_of_any_name_can_be_named_exactly(path: str) -> None:
    pattern = exactly(path)

    assert matches_any([pattern], [path])
    assert not matches_any([pattern], ["app/i/page.ts", "a b", "a", "x.py", f"deep/{path}"])
