"""The service as `phaseline serve` runs it, its ports wrapped so that a plan may kill it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from app.clock import SystemClock
from app.durable.admission import Admission
from app.durable.bell import Bell
from app.durable.drain import Drain
from app.github.connection import GitHubConnection
from app.github.identity import identify
from app.main import WorkerProbe, create_app
from app.settings import Settings, load
from app.store.leases import Leases
from app.telemetry.logs import configure
from app.telemetry.redaction import Redaction
from app.wiring.duty import DRAIN_SECONDS, Post, keeper_of, on_duty
from app.wiring.model import sessions_of
from app.wiring.segments import segments_of
from app.wiring.store import Store, secrets_of
from app.wiring.worker import connection_of, crew_of
from app.wiring.workspaces import workspaces_of
from phases.core.ports import Sessions, Workspaces
from tests.durability.watch import Plan, Watch, Watched, WatchedPool, WatchedWorkspaces


class RoomForAll(Admission):
    """Lets every run in: what else the machine does is not this test's affair."""

    def __init__(self) -> None:
        """Measure nothing."""

    def shortage(self) -> str:
        """Nothing is short."""
        return ""

    async def wait(self) -> None:
        """Let it in."""


async def serve(plan: Plan, role: str) -> None:
    """Serve, or be its `web` side or a worker alone, until SIGTERM or until the plan kills."""
    settings = load()
    configure(settings.log_level, Redaction(secrets_of(settings)))
    watch = Watch(plan)
    watch.reached("life begins")
    store = _store(settings, watch)
    bell, stop = Bell(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(store.database)
        probes: tuple[WorkerProbe, ...] = ()
        if role != "web":
            working = _working(settings, store, bell, watch)
            probes = (WorkerProbe(await stack.enter_async_context(working)),)
        if role == "work":
            await stop.wait()
        else:
            await _web(create_app(settings, store, probes, bell), settings)


async def _web(application: FastAPI, settings: Settings) -> None:
    config = uvicorn.Config(
        application, host=settings.host, port=settings.port, log_config=None, access_log=False
    )
    await uvicorn.Server(config).serve()


def _store(settings: Settings, watch: Watch) -> Store:
    store = Store(settings, SystemClock())
    wrapped: Any = store
    wrapped.records = Watched(
        store.records,
        "records",
        watch,
        {
            "amend": lambda _run: "",
            "enter": lambda _run, phase: str(phase),
            "pass_gate": lambda _run, phase: str(phase),
            "begin": lambda _run, name, _title: str(name),
            "note": lambda _run, name, _text: str(name),
            "adopt": lambda *_: "",
            "finish": lambda _run, performed, _show: str(performed.name),
        },
    )
    wrapped.runs = Watched(
        store.runs,
        "runs",
        watch,
        {
            "start": lambda *_: "",
            "move": lambda _delivery, _run, state, *_: str(state),
            "heed": lambda *_: "",
            "raise_limit": lambda *_: "",
            "note_tip": lambda *_: "",
            "take": lambda *_: "",
            "renew": lambda *_: "",
            "hold": lambda *_: "",
            "stop": lambda _run, state, *_: str(state),
        },
    )
    wrapped.packs = Watched(store.packs, "packs", watch, {"keep": lambda _run, work, *_: str(work)})
    wrapped.logs = Watched(store.logs, "logs", watch, {"keep": lambda _text: ""})
    wrapped.deliveries = Watched(store.deliveries, "deliveries", watch, {"add": _event})
    wrapped.outbox = Watched(
        store.outbox,
        "outbox",
        watch,
        {
            "attempted": lambda item: item.desired.key,
            "sent": lambda item, *_: item.desired.key,
            "postpone": lambda item, *_: item.desired.key,
            "refuse": lambda item, *_: item.desired.key,
            "leave": lambda item: item.desired.key,
            "show": lambda *_: "",
        },
    )
    return store


def _event(**delivery: Any) -> str:
    return f"{delivery['event']}.{delivery['action']}"


@asynccontextmanager
async def _working(
    settings: Settings, store: Store, bell: Bell, watch: Watch
) -> AsyncIterator["asyncio.Task[None]"]:
    clock, drain, stop = SystemClock(), Drain(), asyncio.Event()
    executor = f"worker-{os.getpid()}"
    async with AsyncExitStack() as stack:
        leases = Leases(store.database)
        stack.push_async_callback(leases.release, executor)
        keeper = keeper_of(settings, leases, executor, stop.set)
        connection = _connection(settings, clock, watch)
        stack.push_async_callback(connection.close)
        sessions = await stack.enter_async_context(sessions_of(settings, store, clock, drain))
        _watch_sessions(sessions, watch)
        identity = await identify(connection.clients)
        workspaces = WatchedWorkspaces(
            workspaces_of(settings, store, connection, identity, clock),
            "workspaces",
            watch,
            {
                "fetch_base": lambda _run: "",
                "prepare": lambda _run: "",
                "check": lambda _run, _commit: "",
                "push": lambda _run, _commit: "",
                "merge": lambda _run, name, _tip: str(name),
            },
            within=frozenset({"fetch_base", "check", "push", "merge"}),
        )
        segments = segments_of(
            settings,
            store,
            connection,
            cast("Workspaces", workspaces),
            cast("Sessions", sessions),
            clock,
            RoomForAll(),
            drain,
        )
        crew = crew_of(settings, store, connection, segments, clock, keeper, bell)
        post = Post(executor, keeper, stop, DRAIN_SECONDS)
        yield await stack.enter_async_context(on_duty(settings, crew, post))


def _connection(settings: Settings, clock: SystemClock, watch: Watch) -> GitHubConnection:
    connection = connection_of(settings, clock)
    clients: Any = connection.clients
    clients._pool = WatchedPool(clients._pool, watch)
    return connection


def _watch_sessions(sessions: Any, watch: Watch) -> None:
    """Put boundaries around the rows of sessions and around the requests to the model."""

    def row(assignment: Any, n: int, *_: object, **_named: object) -> str:
        return f"{assignment.name} #{n} {assignment.run}"

    def began(assignment: Any, *_: object) -> str:
        return f"{assignment.name} # {assignment.run}"

    rows: dict[str, Callable[..., str]] = {"asks": row, "reply": row, "results": row}
    rows |= {"keep_output": row, "begin": began, "settle": began}
    journal = Watched(sessions._room.journal, "journal", watch, rows)
    sessions._room = replace(sessions._room, journal=journal)

    async def sent(request: Any) -> None:
        if step := request.headers.get("X-Phaseline-Step"):
            watch.reached(f"model sent {step} # {request.headers['X-Phaseline-Run']}")

    async def begun(response: Any) -> None:
        if step := response.request.headers.get("X-Phaseline-Step"):
            run = response.request.headers["X-Phaseline-Run"]
            watch.reached(f"model begun {step} # {run}")

    sessions._client._client.event_hooks = {"request": [sent], "response": [begun]}


def main() -> None:
    """Run the service in this process; the words after the program are its plan and its role."""
    words, role = sys.argv[1:]
    plan = json.loads(words)
    paths = {name: Path(plan[name]) for name in ("notes", "died_at")}
    asyncio.run(serve(Plan(**paths, deadly=plan["deadly"], grain=plan["grain"]), role))
