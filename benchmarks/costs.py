"""What the twelve roles cost in units: the real session loop, the cache rules, hours in seconds.

Nothing here measures time: it passes only when a tool or a person is said to take it.
"""

import asyncio
import heapq
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from app.claude.client import ClientSettings, Provider, make_client
from app.claude.misses import Misses
from app.claude.models import Models
from app.claude.prices import Prices
from app.claude.sessions import ClaudeSessions
from app.claude.warmth import Warmth
from benchmarks.memory import MemoryJournal
from benchmarks.messages_api import TRAJECTORY, MessagesApi, listening
from benchmarks.trajectories import (
    GATE_BEFORE_WAVE,
    RESULT_TOKENS,
    WAVES,
    Role,
    pipeline,
    role_assignment,
    words,
)
from phases.core.agent import Tier
from phases.core.model import StepOutcome
from phases.core.ports import ToolResult
from phases.core.submission import Submission

REFERENCE_A = 12_850_000
"""The twelve roles without cache, trimming and compaction, in units: the workload's own figure."""

GATE_SECONDS = 1_800.0
TEST_RUN_SECONDS = 420.0
TURN_SECONDS = 8.0
MODELS = Models(
    ids={
        Tier.HAIKU: "claude-haiku-5-5",
        Tier.SONNET: "claude-sonnet-5-5",
        Tier.OPUS: "claude-opus-5-5",
    },
    strict=frozenset(),
    max_tokens=32_000,
    working_tokens=80_000,
)


@dataclass
class VirtualTime:
    """Hours that pass as soon as nobody has anything else to do."""

    seconds: float = 0.0
    _sleepers: list[tuple[float, int, asyncio.Future[None]]] = field(default_factory=list)
    _number: "count[int]" = field(default_factory=count)
    tools: int = 0

    def now(self) -> datetime:
        """Return the moment in virtual time."""
        return datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the virtual seconds."""
        return self.seconds

    async def between(self, shortest: float, longest: float) -> None:
        """Sleep for the middle of the two."""
        await self.sleep((shortest + longest) / 2)

    async def run_tool(self, seconds: float) -> None:
        """Let a tool take its time."""
        self.tools += 1
        try:
            await self.sleep(seconds)
        finally:
            self.tools -= 1

    async def sleep(self, seconds: float) -> None:
        """Sleep until the time has come."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.seconds + seconds, next(self._number), future))
        await future

    async def pass_by(self, api: MessagesApi) -> None:
        """Move on to the next that is due, while a long tool runs and no request is on its way."""
        while True:
            seen = api.requests
            await asyncio.sleep(0.03)
            if self.tools and not api.busy and api.requests == seen:
                self._wake_next()

    def _wake_next(self) -> None:
        while self._sleepers:
            due, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self.seconds = max(self.seconds, due)
                future.set_result(None)
                return


class TimedDesk:
    """A desk whose results have the sizes of the workload."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._calls = 0

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Return a result; a whole test run takes seven minutes."""
        command = str(arguments.get("command"))
        turn = self._calls
        self._calls += 1
        self._time.seconds += TURN_SECONDS
        if command.endswith("--all"):
            await self._time.run_tool(TEST_RUN_SECONDS)
        return ToolResult(words(f"{tool} {command}", RESULT_TOKENS[turn % 4]))

    async def snapshot(self) -> str | None:
        """Name the files as they are."""
        return f"tree-{self._calls}"

    async def restore(self, snapshot: str) -> None:
        """Nothing is kept."""

    async def begin_again(self) -> None:
        """Nothing is kept."""


async def accept(_submission: Submission) -> tuple[str, ...]:
    """Find nothing wrong."""
    return ()


async def _hold(url: str, role: Role, time: VirtualTime, warmth: Warmth) -> None:
    settings = ClientSettings(
        provider=Provider.ANTHROPIC,
        api_key="key",
        base_url=url,
        headers={TRAJECTORY: role.name},
        silence_seconds=60.0,
        region=None,
        project=None,
    )
    async with make_client(settings) as client:
        sessions = ClaudeSessions(
            client=client,
            journal=MemoryJournal(),
            models=MODELS,
            prices=Prices("anthropic"),
            pause=time,
            rest=time,
            watch=time,
            warmth=warmth,
            misses=Misses(enabled=False),
        )
        end = await sessions.converse(role_assignment(role), TimedDesk(time), accept)
        assert end.outcome is StepOutcome.DONE, end.reason


async def pipeline_costs() -> dict[str, float]:
    """Return units and tokens of the twelve roles, and their ratio to reference A."""
    time = VirtualTime()
    api = MessagesApi(pipeline, time.monotonic)
    warmth = Warmth(5.0)
    async with listening(api) as url:
        passing = asyncio.create_task(time.pass_by(api))
        for number, wave in enumerate(WAVES):
            if number == GATE_BEFORE_WAVE:
                time.seconds += GATE_SECONDS
            async with asyncio.TaskGroup() as group:
                for role in wave:
                    group.create_task(_hold(url, role, time, warmth))
        passing.cancel()
        with suppress(asyncio.CancelledError):
            await passing
    return {
        "units": api.units,
        "requests": api.requests,
        "cost_ratio_pipeline": api.units / REFERENCE_A,
    }


def uncached_units() -> int:
    """Return what the same turns would cost without cache, trimming and compaction."""
    total = 0
    for role in (role for wave in WAVES for role in wave):
        held = 3 * 1_000 + sum(len(b.text) // 3 for b in role_assignment(role).prompt.blocks)
        for turn in range(role.turns + 1):
            total += held
            reply = sum(len(str(block)) // 3 for block in pipeline(role.name, turn))
            held += reply + RESULT_TOKENS[turn % 4] + 40
    return total


if __name__ == "__main__":
    print(uncached_units(), asyncio.run(pipeline_costs()))
