"""The team as data: agents, skills and rules, as the engine and the briefing see them.

It is not where they are read: files are parsed and refused in `app/roster`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum

from pathspec import PathSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

TOOLS = ("bash", "editor", "glob", "grep", "load_skill", "submit", "view")
"""What an agent can be granted. `view` is the editor's view command alone, `editor` all of them."""

PLACEHOLDERS = ("backend", "changed", "docs", "frontend", "tests")
"""What `may_write` may name in braces: places that differ from repository to repository."""

EDITOR_TOOL = "str_replace_based_edit_tool"


class UnknownNameError(LookupError):
    """The roster has nothing of this name; the message lists what it has."""


class Tier(StrEnum):
    """How capable a model a step needs; the settings map a tier to a model id."""

    HAIKU = "haiku"
    SONNET = "sonnet"
    OPUS = "opus"

    def next_up(self) -> "Tier":
        """Return the tier that a failed attempt is repeated on; the highest stays where it is."""
        return Tier.SONNET if self is Tier.HAIKU else Tier.OPUS

    def another(self) -> "Tier":
        """Return the tier of a second opinion: the next one up, or down from the highest."""
        return Tier.SONNET if self is Tier.OPUS else self.next_up()


@dataclass(frozen=True)
class AgentLimits:
    """Where a session of this agent is wrapped up: model turns, minutes of work, US dollars."""

    turns: int
    minutes: int
    usd: Decimal


@dataclass(frozen=True)
class Agent:
    """One member of the team: what it reads, makes and may touch, and the text that instructs it.

    `inputs` and `inputs_if_present` name artifacts or other material of a run; `may_write` holds
    gitignore patterns, `{backend}` and its like standing for the places of a repository.
    """

    name: str
    description: str
    tier: Tier
    tools: tuple[str, ...]
    inputs: tuple[str, ...]
    inputs_if_present: tuple[str, ...]
    outputs: tuple[str, ...]
    may_write: tuple[str, ...]
    must_not: tuple[str, ...]
    skills: tuple[str, ...]
    limits: AgentLimits
    body: str

    def writes(self) -> bool:
        """Say whether any path at all is this agent's to change."""
        return bool(self.may_write)

    def may_call(self, tool: str, command: str = "") -> bool:
        """Say whether a tool call of the model is granted, by the name the model knows it by."""
        if tool != EDITOR_TOOL:
            return tool in self.tools and tool not in {"editor", "view"}
        return "editor" in self.tools or (command == "view" and "view" in self.tools)

    def write_patterns(self, places: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """Return `may_write` with each placeholder replaced by this repository's patterns for it.

        Raises:
            UnknownNameError: a placeholder has no entry in `places`.
        """
        patterns: list[str] = []
        for entry in self.may_write:
            name = entry[1:-1] if entry.startswith("{") and entry.endswith("}") else None
            if name is None:
                patterns.append(entry)
            elif name in places:
                patterns.extend(places[name])
            else:
                raise UnknownNameError(
                    f"{self.name} may write {entry}, and nothing says where that is."
                )
        return tuple(dict.fromkeys(patterns))


@dataclass(frozen=True)
class Skill:
    """A way of working that an agent follows; `description` says when it applies."""

    name: str
    description: str
    body: str


@dataclass(frozen=True)
class Rule:
    """A text that reaches every agent, or only those whose work touches `globs` when it has any."""

    path: str
    globs: tuple[str, ...]
    body: str

    def concerns(self, paths: Iterable[str]) -> bool:
        """Say whether the rule applies to work on any of these paths."""
        return not self.globs or matches_any(self.globs, paths)


@dataclass(frozen=True)
class Roster:
    """Everybody and everything a run's briefings are made from, frozen at the run's start."""

    agents: tuple[Agent, ...]
    skills: tuple[Skill, ...]
    rules: tuple[Rule, ...]

    def agent(self, name: str) -> Agent:
        """Return the agent of this name.

        Raises:
            UnknownNameError: there is none; the message lists the names there are.
        """
        for agent in self.agents:
            if agent.name == name:
                return agent
        names = ", ".join(sorted(agent.name for agent in self.agents)) or "nobody"
        raise UnknownNameError(f"No agent is called {name!r}. The roster has: {names}.")

    def skill(self, name: str) -> Skill:
        """Return the skill of this name.

        Raises:
            UnknownNameError: there is none; the message lists the names there are.
        """
        for skill in self.skills:
            if skill.name == name:
                return skill
        names = ", ".join(sorted(skill.name for skill in self.skills)) or "none"
        raise UnknownNameError(f"No skill is called {name!r}. There are: {names}.")

    def skills_of(self, agent: Agent) -> tuple[Skill, ...]:
        """Return the skills that an agent's file names, in its order."""
        return tuple(self.skill(name) for name in agent.skills)

    def rules_for(self, paths: Iterable[str]) -> tuple[Rule, ...]:
        """Return the rules without globs and those whose globs match one of the paths."""
        known = tuple(paths)
        return tuple(rule for rule in self.rules if rule.concerns(known))

    def digest(self) -> str:
        """Return the SHA-256 of the whole content, in hex: equal rosters brief alike."""
        text = json.dumps(asdict(self), sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def exactly(path: str) -> str:
    """Return the pattern that matches this one path, whatever characters its name is made of."""
    escaped = GitIgnoreSpecPattern.escape(path)
    return "/" + (escaped[:-1] + "\\ " if escaped.endswith(" ") else escaped)


def matches_any(patterns: Iterable[str], paths: Iterable[str]) -> bool:
    """Say whether one of the relative POSIX paths matches the gitignore patterns."""
    spec = PathSpec.from_lines("gitignore", patterns)
    return any(spec.match_file(path) for path in paths)
