"""The service as one ASGI application: the web side and, when wanted, a worker in the process.

What starts here ends here, in the opposite order.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from app.clock import SystemClock
from app.durable.bell import Bell
from app.settings import Settings
from app.wiring.store import Store
from app.wiring.web import web_of


class DatabaseProbe:
    """Whether the database answers."""

    name = "database"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def problem(self) -> str | None:
        """Say what is wrong, or None."""
        await self._store.runs.find("")
        return None


class WorkerProbe:
    """Whether the worker of this process is at work."""

    name = "worker"

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None

    async def problem(self) -> str | None:
        """Say what is wrong, or None."""
        if self.task is None:
            return "the worker has not started yet"
        return "the worker has stopped; the log says why" if self.task.done() else None


def create_app(settings: Settings, *, with_worker: bool) -> FastAPI:
    """Return the service; its lifespan opens the store and runs the worker."""
    store = Store(settings, SystemClock())
    bell = Bell()
    worker = WorkerProbe()
    probes = (DatabaseProbe(store), worker) if with_worker else (DatabaseProbe(store),)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with store.database, AsyncExitStack() as stack:
            if with_worker:
                # A web process without a worker never loads these rooms, and stays small.
                from app.wiring.worker import working  # noqa: PLC0415

                worker.task = await stack.enter_async_context(working(settings, store, bell))
            yield

    return web_of(settings, store, probes, bell.ring, lifespan)


async def work_until(settings: Settings, stop: asyncio.Event) -> None:
    """Run a worker without a web side until told to stop."""
    from app.wiring.worker import working  # noqa: PLC0415

    store = Store(settings, SystemClock())
    async with store.database, working(settings, store, Bell()) as task:
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
