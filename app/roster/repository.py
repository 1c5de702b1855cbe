"""A repository's own agents, skills and rules, in Claude Code's format, given as texts.

Whoever calls has read them from git objects at the base commit; nothing here touches a file. They
can add to a built-in agent's text, skills and rules; they cannot widen what an agent may do.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from app.roster.errors import RosterError
from app.roster.front_matter import FrontMatterError, Page, read_page
from phases.core.agent import Agent, Roster, Rule, Skill, Tier

DEFINITIONS = (
    *("/.claude/agents/*.md", "/.claude/skills/*/SKILL.md", "/.claude/rules/**/*.md"),
    *("/CLAUDE.md", "/AGENTS.md"),
)
"""Gitignore patterns of the paths that `join_repository` wants the texts of."""

MOST_RULE_CHARACTERS = 32_000

# https://code.claude.com/docs/en/sub-agents
_WITHOUT_EFFECT = frozenset(
    {
        *("background", "color", "disallowedTools", "effort", "hooks", "initialPrompt"),
        *("isolation", "maxTurns", "mcpServers", "memory", "permissionMode", "skills"),
    }
)
_EFFECTIVE = frozenset({"name", "description", "model", "tools"})
_TOOLS: Mapping[str, tuple[str, ...]] = {
    "Read": ("view",),
    "Grep": ("grep",),
    "Glob": ("glob",),
    "Bash": ("bash",),
    "Edit": ("editor",),
    "Write": ("editor",),
    "MultiEdit": ("editor",),
}
_ALWAYS = ("load_skill", "submit")


@dataclass(frozen=True)
class Joined:
    """The team with a repository's own texts, and sentences on what of them has no effect."""

    roster: Roster
    notes: tuple[str, ...]


def join_repository(roster: Roster, texts: Mapping[str, str], chosen: Collection[str]) -> Joined:
    """Join a repository's definitions, by path, to the built-in team.

    `chosen` names the agents whose built-in text the repository's own replaces.

    Raises:
        RosterError: a chosen agent has no file, is unknown, or its file cannot be read.
    """
    notes: list[str] = []
    agents = _agents(roster, texts, chosen, notes)
    skills = (*roster.skills, *_skills(roster, texts, notes))
    rules = (*roster.rules, *_rules(texts, notes))
    return Joined(Roster(agents, skills, rules), tuple(notes))


def _agents(
    roster: Roster, texts: Mapping[str, str], chosen: Collection[str], notes: list[str]
) -> tuple[Agent, ...]:
    known = {agent.name for agent in roster.agents}
    faults = [
        f"`agents` names {name!r}, and no agent is called so."
        for name in chosen
        if name not in known
    ]
    agents: list[Agent] = []
    for agent in roster.agents:
        path = f".claude/agents/{agent.name}.md"
        if agent.name not in chosen:
            agents.append(agent)
        elif path not in texts:
            faults.append(f"`agents` chooses the repository's {agent.name}, and {path} is missing.")
        else:
            try:
                agents.append(_own_text(agent, path, read_page(texts[path]), notes))
            except FrontMatterError as error:
                faults.append(f"{path}: {error}")
    if faults:
        raise RosterError("\n".join(sorted(faults)))
    return tuple(agents)


def _own_text(agent: Agent, path: str, page: Page, notes: list[str]) -> Agent:
    if not page.body:
        raise FrontMatterError("There is no text below its front matter.")
    for name in sorted(page.fields.keys() - _EFFECTIVE):
        known = "has no effect here" if name in _WITHOUT_EFFECT else "is unknown and has no effect"
        notes.append(f"{path}: the field `{name}` {known}.")
    return replace(
        agent,
        tier=_tier(agent, path, page.fields.get("model"), notes),
        tools=_tools(agent, path, page.fields.get("tools"), notes),
        body=page.body,
    )


def _tier(agent: Agent, path: str, model: Any, notes: list[str]) -> Tier:
    if model is None or model == "inherit":
        return agent.tier
    if isinstance(model, str) and model in set(Tier):
        return Tier(model)
    notes.append(f"{path}: `model` {model!r} is no tier ({', '.join(Tier)}); {agent.tier} stays.")
    return agent.tier


def _tools(agent: Agent, path: str, listed: Any, notes: list[str]) -> tuple[str, ...]:
    names = _names(listed)
    granted: list[str] = []
    for name in names:
        tools = _TOOLS.get(name.split("(")[0], ())
        if not tools:
            notes.append(f"{path}: the tool {name} does not exist here.")
        for tool in tools:
            if tool in agent.tools or (tool == "view" and "editor" in agent.tools):
                granted.append(tool)
            else:
                notes.append(f"{path}: the tool {name} is not this agent's to have.")
    if not names:
        notes.append(f"{path}: it lists no tools, so it has none but {' and '.join(_ALWAYS)}.")
    return tuple(dict.fromkeys((*granted, *_ALWAYS)))


def _names(listed: Any) -> tuple[str, ...]:
    if isinstance(listed, str):
        listed = listed.split(",")
    if not isinstance(listed, list):
        return ()
    return tuple(name.strip() for name in listed if isinstance(name, str) and name.strip())


def _skills(roster: Roster, texts: Mapping[str, str], notes: list[str]) -> Iterator[Skill]:
    taken = {skill.name for skill in roster.skills}
    for path in sorted(texts):
        parts = PurePosixPath(path).parts
        if parts[:2] != (".claude", "skills") or parts[-1] != "SKILL.md":
            continue
        try:
            page = read_page(texts[path])
        except FrontMatterError as error:
            notes.append(f"{path}: {error} The skill is left out.")
            continue
        name, description = page.fields.get("name", parts[-2]), page.fields.get("description")
        if not (isinstance(name, str) and isinstance(description, str) and page.body):
            notes.append(f"{path}: a skill needs a name, a description and a text; it is left out.")
        elif name in taken:
            notes.append(f"{path}: the skill {name!r} exists already; this one is left out.")
        else:
            taken.add(name)
            yield Skill(name, description, page.body)


def _rules(texts: Mapping[str, str], notes: list[str]) -> Iterator[Rule]:
    bodies: set[str] = set()
    for path in sorted(texts):
        in_rules = path.startswith(".claude/rules/") and path.endswith(".md")
        if not in_rules and path not in {"CLAUDE.md", "AGENTS.md"}:
            continue
        rule = _rule(path, texts[path], in_rules=in_rules, notes=notes)
        # CLAUDE.md is often a copy of AGENTS.md, and reading it once is enough.
        if rule and rule.body and rule.body not in bodies:
            bodies.add(rule.body)
            yield rule


def _rule(path: str, text: str, *, in_rules: bool, notes: list[str]) -> Rule | None:
    cut = text[:MOST_RULE_CHARACTERS]
    if cut != text:
        notes.append(f"{path}: only its first {MOST_RULE_CHARACTERS} characters are read.")
    if not in_rules:
        return Rule(path, (), cut.strip())
    try:
        page = read_page(cut)
    except FrontMatterError as error:
        notes.append(f"{path}: {error} The rule is left out.")
        return None
    notes.extend(
        f"{path}: the field `{name}` has no effect here."
        for name in sorted(page.fields.keys() - {"paths"})
    )
    return Rule(path, _names(page.fields.get("paths")), page.body)
