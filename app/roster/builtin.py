"""Our own team: `agents/*.md`, `agents/skills/*/SKILL.md`, `agents/rules/*.md`, read by path.

Everything is required and everything unknown is refused: the files are part of the program.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from app.roster.errors import RosterError
from app.roster.front_matter import FrontMatterError, Page, read_page
from app.roster.reading import Reading
from phases.core.agent import PLACEHOLDERS, TOOLS, Agent, AgentLimits, Roster, Rule, Skill, Tier
from phases.core.artifacts import KINDS

T = TypeVar("T")

MATERIAL = ("diff", "interfaces", "receipts", "repository", "request")
"""What an agent can be given that no agent makes."""

_FIELDS = (
    *("name", "description", "model", "tools", "inputs", "inputs_if_present", "outputs"),
    *("may_write", "must_not", "skills", "limits"),
)
_LIMITS = ("turns", "minutes", "usd")


def read_roster(folder: Path) -> Roster:
    """Read the team from the folder `agents/`.

    Raises:
        RosterError: files or fields are wrong; every one of them is named.
    """
    faults: list[str] = []
    agents = tuple(_each(folder, "*.md", _agent, faults))
    skills = tuple(_each(folder, "skills/*/SKILL.md", _skill, faults))
    rules = tuple(_each(folder, "rules/*.md", _rule, faults))
    if not agents:
        faults.append(f"{folder}: there is no agent in it.")
    faults.extend(_disagreements(agents, skills))
    if faults:
        raise RosterError("\n".join(faults))
    return Roster(agents, skills, rules)


def _each(
    folder: Path, pattern: str, read: Callable[[Path, Page, Reading], T], faults: list[str]
) -> Iterator[T]:
    for path in sorted(folder.glob(pattern)):
        shown = path.relative_to(folder.parent).as_posix()
        try:
            page = read_page(path.read_text(encoding="utf-8"))
        except (FrontMatterError, UnicodeDecodeError) as error:
            faults.append(f"{shown}: {error}")
            continue
        reading = Reading(shown, page.fields)
        value = read(path, page, reading)
        if not page.body:
            reading.fault("there is no text below its front matter.")
        faults.extend(reading.faults)
        if not reading.faults:
            yield value


def _agent(path: Path, page: Page, reading: Reading) -> Agent:
    reading.expect(_FIELDS)
    model = reading.text("model")
    if model and model not in set(Tier):
        reading.fault(f"`model` must be one of {', '.join(Tier)}; it is {model!r}.")
    limits = reading.within("limits", _LIMITS)
    agent = Agent(
        name=_name(path.stem, reading),
        description=reading.text("description"),
        tier=Tier(model) if model in set(Tier) else Tier.SONNET,
        tools=reading.chosen("tools", TOOLS),
        inputs=reading.texts("inputs"),
        inputs_if_present=reading.texts("inputs_if_present"),
        outputs=reading.chosen("outputs", KINDS),
        may_write=reading.texts("may_write"),
        must_not=reading.texts("must_not"),
        skills=reading.texts("skills"),
        limits=AgentLimits(
            turns=reading.whole("limits.turns", limits.get("turns", 1)),
            minutes=reading.whole("limits.minutes", limits.get("minutes", 1)),
            usd=reading.money("limits.usd", limits.get("usd", 1)),
        ),
        body=page.body,
    )
    _judge(agent, page, reading)
    return agent


def _judge(agent: Agent, page: Page, reading: Reading) -> None:
    if "tools" in page.fields and "submit" not in agent.tools:
        reading.fault("`tools` lacks submit, without which a session cannot end.")
    if "outputs" in page.fields and not agent.outputs:
        reading.fault("`outputs` is empty: name the artifact that the agent makes.")
    if "must_not" in page.fields and not agent.must_not:
        reading.fault("`must_not` is empty: a role is made by what it must not do.")
    if agent.may_write and "editor" not in agent.tools:
        reading.fault("`may_write` names paths, and `tools` lacks the editor.")
    for entry in agent.may_write:
        if problem := _pattern_problem(entry):
            reading.fault(f"`may_write` lists {entry!r}: {problem}")


def _pattern_problem(entry: str) -> str | None:
    if "{" in entry or "}" in entry:
        known = [f"{{{name}}}" for name in PLACEHOLDERS]
        return None if entry in known else f"a placeholder stands alone: {', '.join(known)}."
    if entry.startswith(("/", "!")) or ".." in entry.split("/"):
        return "a pattern is relative, and neither leaves the repository nor takes back another."
    return None


def _skill(path: Path, page: Page, reading: Reading) -> Skill:
    reading.expect(("name", "description"))
    return Skill(_name(path.parent.name, reading), reading.text("description"), page.body)


def _rule(path: Path, page: Page, reading: Reading) -> Rule:
    if page.fields:
        reading.expect(("paths",))
    return Rule(f"rules/{path.name}", reading.texts("paths"), page.body)


def _name(expected: str, reading: Reading) -> str:
    name = reading.text("name")
    if name and name != expected:
        reading.fault(f"`name` is {name!r}; by its place it must be {expected!r}.")
    return name


def _disagreements(agents: tuple[Agent, ...], skills: tuple[Skill, ...]) -> Iterator[str]:
    known_skills = {skill.name for skill in skills}
    made = [name for agent in agents for name in agent.outputs]
    for agent in agents:
        path = f"agents/{agent.name}.md"
        for skill in agent.skills:
            if skill not in known_skills:
                yield f"{path}: `skills` names {skill!r}, and there is no such skill."
        for name in (*agent.inputs, *agent.inputs_if_present):
            if name not in made and name not in MATERIAL:
                known = ", ".join((*MATERIAL, *sorted(set(made))))
                yield f"{path}: it reads {name!r}, which nobody makes. There are: {known}."
        for name in sorted(set(agent.inputs) & set(agent.inputs_if_present)):
            yield f"{path}: it reads {name!r} both always and if present: keep one."
    for name in sorted({name for name in made if made.count(name) > 1}):
        makers = ", ".join(agent.name for agent in agents if name in agent.outputs)
        yield f"{name} is made by more than one agent: {makers}."
