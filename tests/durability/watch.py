"""Boundaries of a run, by name: noted when they are reached, and the place where a process dies.

A boundary lies before and after every durable write and every outward act. The product knows
nothing of this: its ports are wrapped in a process that only tests start.
"""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

# Long enough for a command to have been started in its cage.
WITHIN_SECONDS = 0.03
_ID = re.compile(r"\b[0-9a-f]{32,}\b|(?<=/)\d+\b")

# What a coarse grain tells apart all the same.
_EACH = ("github", "records.finish after")
# What is the same in every phase: at its coarsest it is died at once.
_ONCE = ("journal.begin ", "journal.keep_output", "packs.", "logs.", "desk.begin_again")


@dataclass(frozen=True)
class Plan:
    """Where a process dies: at the first boundary that fits `deadly` and is not in `died_at`.

    `notes` gets a line per boundary reached, over all lives; `died_at` one per death. Boundaries
    are told apart by `grain`: `turn` (each), `work` (each piece of work), `phase` (each phase; but
    each work that is recorded, and each kind of message to GitHub; and what is the same in every
    phase once).
    """

    notes: Path
    died_at: Path
    deadly: str
    grain: str

    def words(self) -> str:
        """Return it as JSON, for a command line."""
        return json.dumps(asdict(self), default=str)

    def key(self, boundary: str) -> str:
        """Return what counts as the same boundary."""
        if self.grain == "turn":
            return boundary
        without_turn = boundary.partition(" #")[0]
        if self.grain == "work" or boundary.startswith(_EACH):
            return without_turn
        if boundary.startswith(_ONCE):
            return " ".join(boundary.split()[:2])
        return without_turn.partition("/")[0]


class Watch:
    """Notes boundaries, and kills the process where the plan says so."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._deadly = re.compile(plan.deadly) if plan.deadly else None
        self._notes = os.open(plan.notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        died = plan.died_at.read_text().splitlines() if plan.died_at.exists() else []
        self._died_at = {plan.key(line) for line in died}

    def waits_for(self, boundary: str) -> bool:
        """Tell whether the process dies there."""
        if self._deadly is None or not self._deadly.match(boundary):
            return False
        return self._plan.key(boundary) not in self._died_at

    def reached(self, boundary: str) -> None:
        """Note a boundary; this may be the end."""
        dies = self.waits_for(boundary)
        os.write(self._notes, f"{boundary}{' DIED' if dies else ''}\n".encode())
        if dies:
            with self._plan.died_at.open("a") as died_at:
                died_at.write(f"{boundary}\n")
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """Something with some of its methods watched, before and after, and within where told so.

    `methods` maps a method to what names its boundaries, given its arguments.
    """

    def __init__(
        self,
        inner: Any,
        kind: str,
        watch: Watch,
        methods: Mapping[str, Callable[..., str]],
        within: frozenset[str] = frozenset(),
    ) -> None:
        self._inner = inner
        self._kind = kind
        self._watch = watch
        self._methods = methods
        self._within = within

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        naming = self._methods.get(name)
        if naming is None:
            return method

        async def watched(*arguments: Any, **named: Any) -> Any:
            about = naming(*arguments, **named)
            return await self._between(name, about, method(*arguments, **named))

        return watched

    async def _between(self, name: str, about: str, doing: Awaitable[Any]) -> Any:
        what = f"{self._kind}.{name}"
        within = f"{what} within {about}"
        self._watch.reached(f"{what} before {about}")
        if name in self._within and self._watch.waits_for(within):
            await asyncio.wait({asyncio.ensure_future(doing)}, timeout=WITHIN_SECONDS)
            self._watch.reached(within)
        result = await doing
        self._watch.reached(f"{what} after {about}")
        return result


class WatchedPool(httpx.AsyncBaseTransport):
    """The connections to GitHub, with a boundary around every request that may change something."""

    def __init__(self, inner: httpx.AsyncBaseTransport, watch: Watch) -> None:
        self._inner = inner
        self._watch = watch

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self._inner.handle_async_request(request)
        what = f"{request.method} {_ID.sub('*', request.url.path)}"
        self._watch.reached(f"github before {what}")
        response = await self._inner.handle_async_request(request)
        self._watch.reached(f"github after {what}")
        return response


class WatchedWorkspaces(Watched):
    """Workspaces whose checkouts are watched too."""

    @asynccontextmanager
    async def open(self, run: Any, name: Any, *arguments: Any, **named: Any) -> AsyncIterator[Any]:
        async with self._inner.open(run, name, *arguments, **named) as worktree:
            calls = iter(range(1_000_000))
            yield Watched(
                worktree,
                "desk",
                self._watch,
                {
                    "call": lambda tool, _arguments: f"{name} #{next(calls)} {tool}",
                    "snapshot": lambda: f"{name} #{next(calls)}",
                    "restore": lambda _snapshot: str(name),
                    "begin_again": lambda: str(name),
                    "commit": lambda *_: str(name),
                },
                within=frozenset({"call"}),
            )
