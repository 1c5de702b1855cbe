"""The service: the web side as an ASGI application and, when wanted, a worker in the process.

What starts here ends here, in the opposite order.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from app.clock import SystemClock
from app.durable.bell import Bell
from app.settings import Settings
from app.web.health import Probe
from app.wiring.store import Store
from app.wiring.web import web_of

if TYPE_CHECKING:
    from app.durable.admission import Admission
    from app.wiring.workforce import Workforce


class DatabaseProbe:
    """Whether the database answers."""

    name = "database"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def problem(self) -> str | None:
        """Say what is wrong, or None."""
        await self._store.runs.find("")
        return None


class AdmissionProbe:
    """Whether the worker of this process takes up runs."""

    name = "room"

    def __init__(self, admission: "Admission") -> None:
        self._admission = admission

    async def problem(self) -> str | None:
        """Say what the machine is short of, or None."""
        return self._admission.shortage() or None


class WorkerProbe:
    """Whether the worker of this process is at work."""

    name = "worker"

    def __init__(self, task: "asyncio.Task[None]") -> None:
        self._task = task

    async def problem(self) -> str | None:
        """Say what is wrong, or None."""
        return "the worker has stopped; the log says why" if self._task.done() else None


class WorkforceProbe:
    """Whether this process has a worker, through all its lives."""

    name = "worker"

    def __init__(self, workforce: "Workforce") -> None:
        self._workforce = workforce

    async def problem(self) -> str | None:
        """Say what is wrong, or None."""
        return self._workforce.problem or None


@asynccontextmanager
async def service(settings: Settings, *, with_worker: bool) -> AsyncIterator[FastAPI]:
    """Open the store, start the worker when wanted, and return the web side.

    Raises:
        StartError: when something that a worker needs is not as it must be.
    """
    store = Store(settings, SystemClock())
    bell = Bell()
    async with store.database:
        if not with_worker:
            yield create_app(settings, store, (), bell)
            return
        # A web process without a worker never loads these rooms, and stays small.
        from app.wiring.worker import admission_of  # noqa: PLC0415
        from app.wiring.workforce import workforce  # noqa: PLC0415

        admission = admission_of(settings)
        async with workforce(settings, store, bell, admission) as state:
            probes = (WorkforceProbe(state), AdmissionProbe(admission))
            yield create_app(settings, store, probes, bell)


def create_app(settings: Settings, store: Store, probes: tuple[Probe, ...], bell: Bell) -> FastAPI:
    """Return the web side over a store that somebody else opens and closes."""
    return web_of(settings, store, (DatabaseProbe(store), *probes), bell.ring)


async def work_until(settings: Settings, stop: asyncio.Event) -> None:
    """Run a worker without a web side until told to stop.

    Raises:
        StartError: when something that a worker needs is not as it must be.
    """
    from app.wiring.worker import admission_of  # noqa: PLC0415
    from app.wiring.workforce import workforce  # noqa: PLC0415

    admission = admission_of(settings)
    store = Store(settings, SystemClock())
    async with store.database, workforce(settings, store, Bell(), admission):
        await stop.wait()
