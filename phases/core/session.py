"""What a conversation with the model is given, and what it leaves: turns, money, an end.

The loop itself lives in the room that knows the model's API.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from phases.core.agent import Agent, Tier
from phases.core.errors import Blocked, Later
from phases.core.model import StepOutcome
from phases.core.submission import Submission
from phases.core.work import WorkName

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Block:
    """A part of the first user message; `cache` marks its end as a cache breakpoint."""

    text: str
    cache: Literal["1h"] | None = None


@dataclass(frozen=True)
class Prompt:
    """What an agent is told: the constant system text, then blocks of the first message."""

    system: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class SessionLimits:
    """Bounds of one session: turns, seconds of wall time, and USD."""

    turns: int
    seconds: float
    usd: Decimal


@dataclass(frozen=True)
class Earlier:
    """The session in which the same agent made what it is to revise, and what it was told then."""

    session: str
    prompt: Prompt


@dataclass(frozen=True)
class Assignment:
    """One attempt of one step, as the session needs it.

    `session` is unique per attempt. `tier` may stand above the agent's own after a failed attempt.
    `earlier` is the conversation to go on with where that is to be had; `prompt` stands by itself.
    """

    session: str
    run: str
    name: WorkName
    attempt: int
    agent: Agent
    tier: Tier
    prompt: Prompt
    limits: SessionLimits
    earlier: Earlier | None


@dataclass(frozen=True)
class SessionEnd:
    """How a session ended; `submission` is there when it was accepted.

    `refusals` are the sentences with which submissions were sent back. `setback` is set when the
    session is not over: it goes on from its rows, later or when a person has acted.
    """

    outcome: StepOutcome
    reason: str
    submission: Submission | None
    turns: int
    cost_usd: Decimal
    refusals: tuple[str, ...] = ()
    setback: Later | Blocked | None = None


@dataclass(frozen=True)
class Tokens:
    """Tokens of one request by kind, as the API counts them."""

    uncached: int
    written_5m: int
    written_1h: int
    read: int
    output: int


@dataclass(frozen=True)
class LedgerEntry:
    """What one request cost; `prices` names the version of the price list.

    `iterations` is how many samplings the reply took: a compaction within it is one of its own.
    """

    model: str
    iterations: int
    tokens: Tokens
    cost_usd: Decimal
    prices: str
    retries: int
    latency_ms: int
    request_id: str
    at: datetime


@dataclass(frozen=True)
class TurnRow:
    """One turn as recorded: the reply verbatim, and, once the tools have run, their results.

    `results` are the content blocks of the user message that answers the reply; None when the tools
    had not all finished. `snapshot` names the files as they were then (None: unchanged since the
    row before). `cost_usd` is what the request and its keep-alives cost, `seconds` the wall time
    that the session had worked when the reply came, over all its lives.
    """

    n: int
    request_sha256: str
    reply: Json
    results: tuple[Json, ...] | None
    snapshot: str | None
    cost_usd: Decimal
    seconds: float
