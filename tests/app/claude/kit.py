"""What the tests of a session are made of: an agent, an assignment, and a room to hold it in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from app.claude.client import ClientSettings, Provider, make_client
from app.claude.misses import Misses
from app.claude.models import Models
from app.claude.ports import Journal, Pause, Watch
from app.claude.prices import Prices
from app.claude.sessions import ClaudeSessions
from app.claude.warmth import Warmth
from phases.core.agent import Agent, AgentLimits, Tier
from phases.core.ports import Desk
from phases.core.session import Assignment, Block, Prompt, SessionEnd, SessionLimits
from phases.core.submission import SUBMIT_SCHEMA, Submission
from phases.core.work import PhaseName, WorkName
from tests.app.claude.wire import Respond, Server, call, serving
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal
from tests.fakes.waiting import FakePause, FakeRest, FakeWatch

MODELS = Models(
    ids={
        Tier.HAIKU: "claude-haiku-5-5",
        Tier.SONNET: "claude-sonnet-5-5",
        Tier.OPUS: "claude-opus-5-5",
    },
    strict=frozenset(),
    max_tokens=8_000,
    working_tokens=0,
)
LIMITS = SessionLimits(turns=20, seconds=900, usd=Decimal(2))
PROMPT = Prompt(
    system="You are one of a team.",
    blocks=(Block("conventions", "1h"), Block("request", "1h"), Block("role")),
)
DEVELOPER = Agent(
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
    limits=AgentLimits(turns=20, minutes=15, usd=Decimal(2)),
    body="Implement.",
)
READER = replace(DEVELOPER, name="architect", tools=("glob", "grep", "submit", "view"))


def assignment(
    *, agent: Agent = DEVELOPER, limits: SessionLimits = LIMITS, prompt: Prompt = PROMPT
) -> Assignment:
    """Return the first attempt of a step of the agent's."""
    return Assignment(
        session=f"session-of-{agent.name}",
        run="run-1",
        name=WorkName(PhaseName.IMPLEMENTATION, agent.name, 1),
        attempt=1,
        agent=agent,
        tier=agent.tier,
        prompt=prompt,
        limits=limits,
        earlier=None,
    )


def submission(**fields: Any) -> dict[str, Any]:
    """Return the input of a `submit` call that is accepted."""
    nothing = dict.fromkeys(SUBMIT_SCHEMA["properties"])
    return {**nothing, "outcome": "done", "artifact": "# Done", "summary": "Did it.", **fields}


def submit(call_id: str = "toolu_submit", **fields: Any) -> dict[str, Any]:
    """Return a `submit` call that is accepted."""
    return call("submit", submission(**fields), call_id)


async def accept(_submission: Submission) -> tuple[str, ...]:
    """Find nothing wrong."""
    return ()


@dataclass
class Stage:
    """A server, and what the sessions that ask it work with."""

    server: Server
    sessions: ClaudeSessions
    journal: FakeJournal
    desk: FakeDesk = field(default_factory=FakeDesk)
    pause: FakePause = field(default_factory=FakePause)
    rest: FakeRest = field(default_factory=FakeRest)
    watch: FakeWatch = field(default_factory=FakeWatch)

    async def converse(
        self,
        given: Assignment | None = None,
        desk: Desk | None = None,
        examine: Any = accept,
    ) -> SessionEnd:
        """Hold a session at the stage's own desk, if no other is given."""
        return await self.sessions.converse(given or assignment(), desk or self.desk, examine)


@asynccontextmanager
async def stage(
    respond: Respond,
    *,
    journal: FakeJournal | None = None,
    models: Models = MODELS,
    warmth: Warmth | None = None,
) -> AsyncIterator[Stage]:
    """Set a room up against a server that answers so."""
    kept = journal or FakeJournal(Decimal(15))
    pause, rest, watch = FakePause(), FakeRest(), FakeWatch()
    async with (
        serving(respond) as server,
        room(server.url, kept, pause, rest, watch, models, warmth) as r,
    ):
        yield Stage(server, r, kept, pause=pause, rest=rest, watch=watch)


@asynccontextmanager
async def room(
    url: str,
    journal: Journal,
    pause: Pause,
    rest: Pause,
    watch: Watch,
    models: Models = MODELS,
    warmth: Warmth | None = None,
) -> AsyncIterator[ClaudeSessions]:
    """Wire a room to a server."""
    async with make_client(client_settings(url)) as client:
        yield ClaudeSessions(
            client=client,
            journal=journal,
            models=models,
            prices=Prices("anthropic"),
            pause=pause,
            rest=rest,
            watch=watch,
            warmth=warmth or Warmth(5.0),
            misses=Misses(enabled=True),
        )


def client_settings(url: str) -> ClientSettings:
    """Return the settings of a client for a server on this machine."""
    return ClientSettings(
        provider=Provider.ANTHROPIC,
        api_key="key",
        base_url=url,
        headers={},
        silence_seconds=60.0,
        region=None,
        project=None,
    )
