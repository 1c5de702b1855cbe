"""The work that is measured: one agent of 40 turns, and a pipeline of fourteen sessions.

Sizes are those of a workload that was fixed before the code; at three characters a token.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from app.claude.tools import tool_list
from app.workspace.overview import tree_of
from phases.core.agent import EDITOR_TOOL, Agent, AgentLimits, Tier
from phases.core.session import Assignment, Block, Prompt, SessionLimits
from phases.core.submission import SUBMIT_SCHEMA
from phases.core.work import PhaseName, WorkName

TURNS = 40
FILES = 12
LINES = 260
FIRST_REQUEST_TOKENS = 3_800
CHARACTERS = 3

LIMITS = SessionLimits(turns=200, seconds=100_000, usd=Decimal(1000))
AGENT = Agent(
    name="backend-developer",
    description="Implements the back end.",
    tier=Tier.SONNET,
    tools=("bash", "editor", "glob", "grep", "load_skill", "submit"),
    inputs=(),
    inputs_if_present=(),
    outputs=("backend-implementation.md",),
    may_write=("{backend}",),
    must_not=(),
    skills=(),
    limits=AgentLimits(turns=80, minutes=45, usd=Decimal(5)),
    body="Implement.",
)


def words(name: str, tokens: int) -> str:
    """Return text of about so many tokens that begins with a name of its own."""
    text = f"{name}: the quick brown fox jumps over the lazy dog and goes on. "
    size = tokens * CHARACTERS
    return (text * (size // len(text) + 1))[:size]


def file_text(number: int) -> str:
    """Return a file of 260 lines, about 2,600 tokens."""
    return "\n".join(f"value_{number}_{line:03} = compute({line})" for line in range(LINES)) + "\n"


def call(name: str, call_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return a tool call."""
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def one_agent(_trajectory: str, turn: int) -> tuple[dict[str, Any], ...]:
    """Return the reply of a turn: view, grep, edit, bash in rotation, and `submit` at the end."""
    name = f"toolu_{turn:03}"
    path = f"/workspace/file_{turn % FILES:02}.py"
    said = {"type": "text", "text": words(f"Step {turn}", 120)}
    if turn >= TURNS:
        return (said, submission(name))
    line = turn % LINES
    steps = (
        call(EDITOR_TOOL, name, {"command": "view", "path": path}),
        call("grep", name, {"pattern": f"value_{turn % FILES}_0[0-4]", "path": path}),
        call(
            EDITOR_TOOL,
            name,
            {
                "command": "str_replace",
                "path": path,
                "old_str": f"value_{turn % FILES}_{line:03} = compute({line})",
                "new_str": f"value_{turn % FILES}_{line:03} = computed({line}, {turn})",
            },
        ),
        call("bash", name, {"command": "true"}),
    )
    return (said, steps[turn % 4])


def submission(call_id: str) -> dict[str, Any]:
    """Return a `submit` call that is accepted."""
    nothing = dict.fromkeys(SUBMIT_SCHEMA["properties"])
    given = {**nothing, "outcome": "done", "artifact": "# Done", "summary": "Did it."}
    return call("submit", call_id, given)


def one_agent_assignment(number: int) -> Assignment:
    """Return the assignment whose first request has 3,800 tokens."""
    tools = len(str(tool_list(strict=False))) // CHARACTERS
    prompt = FIRST_REQUEST_TOKENS - tools - 60
    # Nobody shares this prefix, so nothing of it is kept for an hour.
    blocks = (Block(words("Conventions", prompt // 2)), Block(words("Request", prompt // 2)))
    return Assignment(
        session=f"session-{number}",
        run="run-1",
        name=WorkName(PhaseName.IMPLEMENTATION, AGENT.name, 1),
        attempt=1,
        agent=AGENT,
        tier=AGENT.tier,
        prompt=Prompt("You are one of a team.", blocks),
        limits=LIMITS,
        earlier=None,
    )


@dataclass(frozen=True)
class Role:
    """One session of the pipeline: tool turns, artifacts read, turns that run all tests."""

    name: str
    phase: PhaseName
    tier: Tier
    turns: int
    reads: int
    long_runs: tuple[int, ...] = ()
    writes: bool = False


_P = PhaseName
WAVES: tuple[tuple[Role, ...], ...] = (
    (Role("project-manager", _P.INITIALIZATION, Tier.SONNET, 14, 0),),
    (
        Role("ui-designer", _P.PLANNING, Tier.SONNET, 16, 1),
        Role("architect", _P.PLANNING, Tier.OPUS, 18, 1),
        Role("test-writer", _P.PLANNING, Tier.SONNET, 14, 1),
    ),
    (Role("product-manager", _P.PLANNING, Tier.OPUS, 12, 4),),
    (Role("backend-developer", _P.IMPLEMENTATION, Tier.SONNET, 45, 3, (19, 31, 43), writes=True),),
    (Role("frontend-developer", _P.IMPLEMENTATION, Tier.SONNET, 40, 3, (19, 35), writes=True),),
    (Role("code-optimizer", _P.IMPLEMENTATION, Tier.SONNET, 16, 2, (11,), writes=True),),
    (Role("code-simplifier", _P.IMPLEMENTATION, Tier.SONNET, 14, 2, (11,), writes=True),),
    (Role("test-implementer", _P.QA, Tier.SONNET, 20, 2, (11, 19), writes=True),),
    (Role("quality-checker", _P.QA, Tier.HAIKU, 16, 1, (11,), writes=True),),
    (Role("code-reviewer", _P.QA, Tier.OPUS, 20, 3),),
    (Role("documentation-expert", _P.QA, Tier.HAIKU, 16, 2, writes=True),),
    (Role("delivery-manager", _P.READY, Tier.SONNET, 19, 4),),
)
GATE_BEFORE_WAVE = 5
"""A person lets the plans wait for 30 minutes."""

ROLES = {role.name: role for wave in WAVES for role in wave}
RESULT_TOKENS = (2_600, 500, 200, 700)
REPLY_TOKENS = 580
ARTIFACT_TOKENS = 2_500
MAP_TOKENS = 8_000


def pipeline(trajectory: str, turn: int) -> tuple[dict[str, Any], ...]:
    """Return the reply of a turn of one of the roles."""
    role = ROLES[trajectory]
    name = f"toolu_{trajectory}_{turn:03}"
    said = {"type": "text", "text": words(f"{trajectory} {turn}", REPLY_TOKENS)}
    if turn >= role.turns:
        return ({"type": "text", "text": words("plan", ARTIFACT_TOKENS)}, submission(name))
    long_run = " --all" if turn in role.long_runs else ""
    return (said, call("bash", name, {"command": f"work {turn}{long_run}"}))


def repository_map() -> str:
    """Return what agents are told of a repository whose whole list of files is 8,000 tokens."""
    files = MAP_TOKENS * CHARACTERS // len("services/area_00/component_000.py (1.0 KiB)\n")
    paths = (f"services/area_{n // 24:02}/component_{n:03}.py" for n in range(files))
    sizes = {path: 1_000 + 17 * n for n, path in enumerate(paths)}
    return tree_of(sizes)


def role_assignment(role: Role) -> Assignment:
    """Return the assignment of a role: what all share, the request, the role, what it reads."""
    handoff = "".join(words(f"Artifact {n}", ARTIFACT_TOKENS) for n in range(role.reads))
    blocks = (
        Block(words("Conventions", 3_000) + repository_map(), "1h"),
        Block(words("Issue", 1_500), "1h"),
        Block(words(f"Role {role.name}", 1_200)),
        Block(handoff or "No artifacts yet."),
    )
    may_write = ("{backend}",) if role.writes else ()
    return Assignment(
        session=role.name,
        run="run-1",
        name=WorkName(role.phase, role.name, 1),
        attempt=1,
        agent=replace(AGENT, name=role.name, tier=role.tier, may_write=may_write),
        tier=role.tier,
        prompt=Prompt("You are one of a team.", blocks),
        limits=LIMITS,
        earlier=None,
    )
