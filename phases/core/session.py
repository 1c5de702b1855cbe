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

    @property
    def shared(self) -> tuple[Block, ...]:
        """The blocks up to the last that marks a breakpoint: the same for all agents of a run."""
        last = max((n for n, block in enumerate(self.blocks) if block.cache), default=-1)
        return self.blocks[: last + 1]

    @property
    def own(self) -> tuple[str, ...]:
        """The texts of the blocks behind them."""
        return tuple(block.text for block in self.blocks[len(self.shared) :])

    def with_own(self, texts: tuple[str, ...]) -> "Prompt":
        """Return the prompt with other blocks behind those that are shared."""
        return Prompt(self.system, (*self.shared, *map(Block, texts)))


@dataclass(frozen=True)
class SessionLimits:
    """Bounds of one session: turns, seconds of wall time, and USD."""

    turns: int
    seconds: float
    usd: Decimal


@dataclass(frozen=True)
class Opening:
    """What a session began with: its own part of the prompt, and which session it goes on with.

    `earlier` None: it goes on with none.
    """

    own: tuple[str, ...]
    earlier: str | None


@dataclass(frozen=True)
class Assignment:
    """One attempt of one step, as the session needs it.

    `session` is unique per attempt. `tier` may stand above the agent's own after a failed attempt.
    `earlier` is the session in which the agent made what it is to revise, to go on with where that
    pays; `prompt` stands by itself.
    """

    session: str
    run: str
    name: WorkName
    attempt: int
    agent: Agent
    tier: Tier
    prompt: Prompt
    limits: SessionLimits
    earlier: str | None


@dataclass(frozen=True)
class SessionEnd:
    """How a session ended; `submission` is there when it was accepted.

    `refusals` are the sentences with which submissions were sent back. `setback` is set when the
    session is not over: it goes on from its rows, later or when a person has acted. `snapshot`
    names the files as it left them (None: as it found them).
    """

    outcome: StepOutcome
    reason: str
    submission: Submission | None
    turns: int
    cost_usd: Decimal
    refusals: tuple[str, ...] = ()
    setback: Later | Blocked | None = None
    snapshot: str | None = None


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
    `answered` False: no answer has come, and `tokens` and `cost_usd` are an estimate.
    """

    model: str
    iterations: int
    tokens: Tokens
    cost_usd: Decimal
    prices: str
    retries: int
    latency_ms: int
    request_id: str
    answered: bool
    at: datetime


@dataclass(frozen=True)
class Pending:
    """A request on the ledger whose answer has not come, by its number.

    `before_usd` is what earlier requests for the same row are counted with.
    """

    number: int
    before_usd: Decimal


@dataclass(frozen=True)
class Results:
    """The content blocks of the user message that answers a reply, and the files as they are then.

    `snapshot` None: files as they were.
    """

    blocks: tuple[Json, ...]
    snapshot: str | None


@dataclass(frozen=True)
class TurnRow:
    """One turn as recorded: the reply verbatim, and, once the tools have run, their results.

    `results` are the content blocks of the user message that answers the reply; None when the tools
    had not all finished. `snapshot` names the files as they were then (None: unchanged since the
    row before). `cost_usd` is what the request and its keep-alives cost, `seconds` the wall time
    that the session had worked when the reply came, over all its lives. `at` is when that was.
    """

    n: int
    request_sha256: str
    reply: Json
    results: tuple[Json, ...] | None
    snapshot: str | None
    cost_usd: Decimal
    seconds: float
    at: datetime
