"""Keeps a worker at work: one that had to give way, or could not go on, begins anew by itself.

Only the first start may refuse, and not for what is away: a service that ended would be started
again and again by whoever minds it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from app.durable.admission import Admission
from app.durable.bell import Bell
from app.settings import Settings
from app.wiring.refusals import AwayError
from app.wiring.store import Store
from app.wiring.worker import working

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0


class Workforce:
    """The one worker of this process, through all its lives; `problem` says why there is none."""

    def __init__(self, settings: Settings, store: Store, bell: Bell, admission: Admission) -> None:
        self._settings = settings
        self._store = store
        self._bell = bell
        self._admission = admission
        self.problem = ""

    async def work(self, started: "asyncio.Future[None]") -> None:
        """Work until cancelled; `started` learns how the first start went."""
        while True:
            try:
                async with working(
                    self._settings, self._store, self._bell, self._admission
                ) as task:
                    self.problem = ""
                    if not started.done():
                        started.set_result(None)
                    await asyncio.wait({task})
                    self.problem = "the worker gave way; it begins anew"
                    if error := task.exception():
                        log.error("the worker ended by a defect", exc_info=error)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told and waited for.
                if not started.done():
                    if not isinstance(error, AwayError):
                        started.set_exception(error)
                        return
                    started.set_result(None)
                self.problem = f"the worker cannot go on: {error}"
            log.warning("%s; next try in %g s", self.problem.rstrip("."), AGAIN_SECONDS)
            await asyncio.sleep(AGAIN_SECONDS)
            # The durable library shuts the loop's own threads down when it stops.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


@asynccontextmanager
async def workforce(
    settings: Settings, store: Store, bell: Bell, admission: Admission
) -> AsyncIterator[Workforce]:
    """Run a worker for as long as the block lasts.

    Raises:
        StartError: when something that a worker needs is not as it must be.
    """
    kept = Workforce(settings, store, bell, admission)
    started = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(kept.work(started), name="workforce")
    try:
        await started
        yield kept
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
