"""One process with so many sessions at once, ours or a bare loop; prints what they took as JSON.

Run as `python -m benchmarks.loops KIND SESSIONS URL DIRECTORY`. It starts no server: that is
another process, so that its memory and its time are its own.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import anthropic

from app.claude.client import ClientSettings, Provider, make_client
from app.claude.misses import Misses
from app.claude.outputs import lines_of_file
from app.claude.prices import Prices
from app.claude.sessions import ClaudeSessions
from app.claude.text import cut
from app.claude.tools import tool_list
from app.claude.warmth import Warmth
from app.clock import SystemClock
from app.store.database import Database
from app.store.journal import StoredJournal
from app.store.migrating import migrate
from app.store.money import Spending, SpendingLimits
from app.store.runs import Runs
from benchmarks.costs import MODELS, accept
from benchmarks.desk import PlainDesk
from benchmarks.messages_api import TRAJECTORY
from benchmarks.processes import peak_mb
from benchmarks.trajectories import one_agent_assignment
from phases.core.events import Labelled
from phases.core.model import Person, Repository, StepOutcome
from phases.core.session import Assignment

KEY = "key"
PLENTY = Decimal(1_000_000)
Loop = Callable[[int, PlainDesk], Awaitable[None]]


async def ours(url: str, directory: Path, sessions: int) -> dict[str, float]:
    """Hold sessions as the service does: every turn and ledger row committed to SQLite."""
    database_url = f"sqlite:///{directory / 'phaseline.db'}"
    migrate(database_url)
    clock = SystemClock()
    settings = ClientSettings(Provider.ANTHROPIC, KEY, url, {TRAJECTORY: "one"}, 60.0, None, None)
    prices = Prices("anthropic")
    # As at every start of the service, so that no turn waits for the list to be read.
    prices.check(MODELS.ids.values(), clock.now())
    async with Database(database_url) as database, make_client(settings) as client:
        limits = SpendingLimits(PLENTY, PLENTY, PLENTY, 86_400.0)
        held = ClaudeSessions(
            client=client,
            journal=StoredJournal(database, clock, Spending(database, clock, limits)),
            models=MODELS,
            prices=prices,
            pause=clock,
            rest=clock,
            watch=clock,
            warmth=Warmth(5.0),
            misses=Misses(enabled=False),
        )
        run = await _running(database, clock)

        async def loop(number: int, desk: PlainDesk) -> None:
            given = _of_run(one_agent_assignment(number), run)
            end = await held.converse(given, desk, accept)
            assert end.outcome is StepOutcome.DONE, end.reason

        return await _measured(loop, directory, sessions)


async def bare(url: str, directory: Path, sessions: int, *, streamed: bool) -> dict[str, float]:
    """Hold the same sessions by a loop as short as the SDK allows; nothing is kept."""
    client = anthropic.AsyncAnthropic(
        api_key=KEY, base_url=url, max_retries=0, default_headers={TRAJECTORY: "one"}
    )
    tools: Any = list(tool_list(strict=False))

    async def loop(number: int, desk: PlainDesk) -> None:
        given = one_agent_assignment(number)
        blocks = [{"type": "text", "text": block.text} for block in given.prompt.blocks]
        messages: list[Any] = [{"role": "user", "content": blocks}]
        while True:
            request: Any = {
                "model": "claude-sonnet-5-5",
                "max_tokens": 16_000,
                "system": given.prompt.system,
                "tools": tools,
                "messages": messages,
                "cache_control": {"type": "ephemeral"},
            }
            message = await (_stream(client, request) if streamed else _create(client, request))
            messages.append({"role": "assistant", "content": message.content})
            calls = [block for block in message.content if block.type == "tool_use"]
            if any(block.name == "submit" for block in calls):
                return
            results = [
                {
                    "type": "tool_result",
                    "tool_use_id": block.id,
                    "content": await _result(desk, block.name, block.input),
                }
                for block in calls
            ]
            messages.append({"role": "user", "content": results})

    async with client:
        return await _measured(loop, directory, sessions)


async def _result(desk: PlainDesk, tool: str, arguments: Any) -> str:
    text = (await desk.call(tool, arguments)).text
    return lines_of_file(tool, arguments, text) or cut(text, "cut")


async def _create(client: anthropic.AsyncAnthropic, request: Any) -> anthropic.types.Message:
    message: anthropic.types.Message = await client.messages.create(**request)
    return message


async def _stream(client: anthropic.AsyncAnthropic, request: Any) -> anthropic.types.Message:
    async with client.messages.stream(**request) as stream:
        message: anthropic.types.Message = await stream.get_final_message()
    return message


async def _measured(loop: Loop, directory: Path, sessions: int) -> dict[str, float]:
    desks = [PlainDesk(directory / f"session-{number}") for number in range(sessions)]
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(loop(number, desk) for number, desk in enumerate(desks)))
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "tool_seconds": sum(desk.seconds for desk in desks),
        "rss_mb": peak_mb(os.getpid()),
    }


async def _running(database: Database, clock: SystemClock) -> str:
    runs = Runs(database, clock, PLENTY)
    person = Person(1, "maintainer")
    repository = Repository(1, "acme", "widgets", 1, "main")
    event = Labelled(repository, 1, person, True, "Title", "Body", "reader", clock.now())
    run = await runs.start(None, event, 1)
    await runs.take(run.id, 1)
    return run.id


def _of_run(assignment: Assignment, run: str) -> Assignment:
    return Assignment(**{**vars(assignment), "run": run})


def main() -> None:
    """Measure one kind of loop and print the figures."""
    kind, sessions, url, directory = sys.argv[1:]
    place = Path(directory)
    if kind == "ours":
        figures = asyncio.run(ours(url, place, int(sessions)))
    else:
        streamed = kind == "streamed"
        figures = asyncio.run(bare(url, place, int(sessions), streamed=streamed))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
