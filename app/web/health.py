"""`/healthz` and `/readyz`: whether the process lives, and whether it can do its work.

It mends nothing.
"""

import asyncio
from typing import Protocol

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

LONGEST_PROBE_SECONDS = 5.0


class Probe(Protocol):
    """One thing that the service needs: the database, a worker, the cage."""

    @property
    def name(self) -> str:
        """What a reader of `/readyz` calls it."""

    async def problem(self) -> str | None:
        """Say what is wrong, in one sentence; None when all is well."""


class Health:
    """The two routes that machines ask."""

    def __init__(self, probes: tuple[Probe, ...]) -> None:
        self._probes = probes

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_route("/healthz", self.alive, methods=["GET"], include_in_schema=False)
        router.add_route("/readyz", self.ready, methods=["GET"], include_in_schema=False)
        return router

    async def alive(self, _: Request) -> Response:
        """Answer 200: whoever reads this is being served."""
        return JSONResponse({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        """Answer 200 when every probe is content, else 503 with the names of those that are not."""
        found = await asyncio.gather(*(_ask(probe) for probe in self._probes))
        problems = {
            probe.name: problem
            for probe, problem in zip(self._probes, found, strict=True)
            if problem is not None
        }
        if problems:
            return JSONResponse({"status": "not ready", "problems": problems}, 503)
        return JSONResponse({"status": "ready"})


async def _ask(probe: Probe) -> str | None:
    try:
        async with asyncio.timeout(LONGEST_PROBE_SECONDS):
            return await probe.problem()
    except TimeoutError:
        return f"did not answer within {LONGEST_PROBE_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - a probe that breaks is itself the finding
        return f"could not be asked: {type(error).__name__}"
