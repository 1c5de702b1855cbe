"""`/healthz` and `/readyz`: whether the process lives, and whether it can do its work.

It mends nothing.
"""

import asyncio
from typing import Protocol

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Probe(Protocol):
    """One thing that the service needs: the database, a worker, the cage."""

    @property
    def name(self) -> str:
        """What a reader of `/readyz` calls it."""

    async def problem(self) -> str | None:
        """Say what is wrong, in one sentence; None when all is well."""


class Health:
    """The two routes that machines ask; a probe may take `most_seconds`.

    What `delays` have to tell waits for others: it is told, and nobody is less ready for it.
    """

    def __init__(
        self, probes: tuple[Probe, ...], delays: tuple[Probe, ...], *, most_seconds: float
    ) -> None:
        self._probes = probes
        self._delays = delays
        self._most_seconds = most_seconds

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
        problems = await self.problems()
        if problems:
            return JSONResponse({"status": "not ready", "problems": problems}, 503)
        waiting = await self._told(self._delays)
        return JSONResponse({"status": "ready"} | ({"waiting": waiting} if waiting else {}))

    async def problems(self) -> dict[str, str]:
        """Return what is wrong, by the probe's name."""
        return await self._told(self._probes)

    async def _told(self, probes: tuple[Probe, ...]) -> dict[str, str]:
        found = await asyncio.gather(*(self._ask(probe) for probe in probes))
        return {
            probe.name: problem
            for probe, problem in zip(probes, found, strict=True)
            if problem is not None
        }

    async def _ask(self, probe: Probe) -> str | None:
        try:
            async with asyncio.timeout(self._most_seconds):
                return await probe.problem()
        except TimeoutError:
            return f"did not answer within {self._most_seconds:g} s"
        except Exception as error:  # noqa: BLE001 - a probe that breaks is itself the finding
            return f"could not be asked: {type(error).__name__}"
