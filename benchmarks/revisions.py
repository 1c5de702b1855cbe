"""What revisions cost that go on with the conversation before, beside the same work begun anew.

Run as `python -m benchmarks.revisions`: units of input and output, by the cache rules. One that
begins anew is taken to look again in a quarter of the turns in which the first round looked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from app.claude.client import ClientSettings, Provider, make_client
from app.claude.misses import Misses
from app.claude.prices import OUTPUT, Prices
from app.claude.revising import DONE_AGAIN
from app.claude.sessions import ClaudeSessions
from app.claude.warmth import Warmth
from benchmarks.costs import MODELS, TimedDesk, VirtualTime, accept
from benchmarks.memory import MemoryJournal
from benchmarks.messages_api import TRAJECTORY, MessagesApi, listening
from benchmarks.trajectories import ARTIFACT_TOKENS, ROLES, pipeline, role_assignment, words
from phases.core.allowance import Allowance
from phases.core.session import (
    Assignment,
    Block,
    Json,
    LedgerEntry,
    Opening,
    Prompt,
    Results,
    TurnRow,
)
from phases.core.work import WorkName

WARM, COLD = 120.0, 1_800.0
"""Seconds between a round and its revision: while a plan is reviewed, and while people sleep."""


@dataclass(frozen=True)
class Example:
    """A role that is asked again: `first` turns in its first round, then rounds of so many."""

    title: str
    role: str
    first: int
    rounds: int
    turns: int


EXAMPLES = (
    Example("a plan, revised twice", "test-writer", 8, 2, 2),
    Example("an owner's two repairs", "code-simplifier", 8, 2, 3),
    Example("a second review", "product-manager", 6, 1, 3),
    Example("a long round, revised once", "test-writer", 14, 1, 2),
)


@dataclass
class KeepingJournal(MemoryJournal):
    """Keeps what a later session may go on with."""

    openings: dict[str, Opening] = field(default_factory=dict)
    rows: dict[str, list[TurnRow]] = field(default_factory=dict)

    async def turns(self, session: str) -> tuple[TurnRow, ...]:
        """Return the rows of a session."""
        return tuple(self.rows.get(session, ()))

    async def opening(self, session: str) -> Opening | None:
        """Return what a session began with."""
        return self.openings.get(session)

    async def begin(self, assignment: Assignment, opening: Opening) -> Allowance:
        """Keep it."""
        self.openings[assignment.session] = opening
        return await super().begin(assignment, opening)

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        number: int,
        entry: LedgerEntry,
        seconds: float,
    ) -> Allowance:
        """Keep a row without its results."""
        row = TurnRow(n, request_sha256, reply, None, None, entry.cost_usd, seconds, entry.at)
        self.rows.setdefault(assignment.session, []).append(row)
        return await super().reply(assignment, n, request_sha256, reply, number, entry, seconds)

    async def results(self, assignment: Assignment, n: int, results: Results) -> None:
        """Keep the results too."""
        rows = self.rows[assignment.session]
        rows[n] = replace(rows[n], results=results.blocks, snapshot=results.snapshot)


class Rounds:
    """Answers each round by its own turns, whatever conversation they stand in."""

    def __init__(self, example: Example) -> None:
        self._example = example
        self._began: dict[str, int] = {}

    def replies(self, number: str, turn: int) -> tuple[dict[str, Any], ...]:
        """Return a tool call, or the submission, of the round of that number."""
        role = ROLES[self._example.role]
        began = self._began.setdefault(number, turn)
        looks = self._example.first
        if number != "0":
            looks = self._example.turns + (0 if began else round(DONE_AGAIN * looks))
        at = turn - began if turn - began < looks else role.turns
        *said, call = pipeline(role.name, at)
        return (*said, {**call, "id": f"{call['id']}_{number}"})


async def cost(example: Example, idle: float, *, may_go_on: bool) -> tuple[float, int]:
    """Return the units of all rounds but the first, and how many of them went on."""
    time, journal = VirtualTime(), KeepingJournal()
    api = MessagesApi(Rounds(example).replies, time.monotonic)
    first = replace(role_assignment(ROLES[example.role]), session="0")
    async with listening(api) as url, _passing(time, api):
        await _hold(url, time, journal, first)
        paid = api.units + OUTPUT * api.written
        for number in range(1, example.rounds + 1):
            time.seconds += idle
            given = _round(first, number)
            await _hold(url, time, journal, given if may_go_on else replace(given, earlier=None))
    went_on = sum(opening.earlier is not None for opening in journal.openings.values())
    return api.units + OUTPUT * api.written - paid, went_on


@asynccontextmanager
async def _passing(time: VirtualTime, api: MessagesApi) -> AsyncIterator[None]:
    """Let hours pass while a tool takes them."""
    passing = asyncio.create_task(time.pass_by(api))
    try:
        yield
    finally:
        passing.cancel()
        await asyncio.gather(passing, return_exceptions=True)


def _round(first: Assignment, number: int) -> Assignment:
    """Return a later round: the same role, told what it made and what is asked of it now."""
    told = words(f"Round {number}", 2 * ARTIFACT_TOKENS)
    return replace(
        first,
        session=str(number),
        name=WorkName(first.name.phase, first.name.performer, number + 1),
        prompt=Prompt(first.prompt.system, (*first.prompt.blocks[:-1], Block(told))),
        earlier=str(number - 1),
    )


async def _hold(url: str, time: VirtualTime, journal: KeepingJournal, given: Assignment) -> None:
    headers = {TRAJECTORY: given.session}
    settings = ClientSettings(Provider.ANTHROPIC, "key", url, headers, 60.0, None, None)
    async with make_client(settings) as client:
        sessions = ClaudeSessions(
            client=client,
            journal=journal,
            models=MODELS,
            prices=Prices("anthropic"),
            pause=time,
            rest=time,
            watch=time,
            warmth=Warmth(5.0),
            misses=Misses(enabled=False),
        )
        end = await sessions.converse(given, TimedDesk(time), accept)
        assert end.submission is not None, end.reason


async def main() -> None:
    """Print each example, warm and cold."""
    print(f"{'units of the revisions':32}{'may go on':>12}{'anew':>10}  went on")
    for example in EXAMPLES:
        for name, idle in (("warm", WARM), ("cold", COLD)):
            on, went_on = await cost(example, idle, may_go_on=True)
            anew, _ = await cost(example, idle, may_go_on=False)
            told = f"{went_on} of {example.rounds}"
            print(f"{example.title + ', ' + name:32}{on:12,.0f}{anew:10,.0f}  {told}")


if __name__ == "__main__":
    asyncio.run(main())
