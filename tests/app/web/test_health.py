"""Whether the service lives, and what keeps it from working."""

import asyncio

import httpx

from app.cli.demo.loopback import no_certificates
from app.web.health import Health
from tests.app.serving import served
from tests.app.web.parts import MemoryReceiver, application


class Says:
    """A probe with a fixed answer."""

    def __init__(self, name: str, problem: str | None) -> None:
        self.name = name
        self._problem = problem

    async def problem(self) -> str | None:
        return self._problem


class Breaks:
    """A probe that cannot be asked."""

    name = "sandbox"

    async def problem(self) -> str | None:
        raise OSError("/secret/path")


class Hangs:
    """A probe that never answers."""

    name = "worker"

    async def problem(self) -> str | None:
        await asyncio.Event().wait()
        return None


async def get(path: str, *probes: Says | Breaks) -> httpx.Response:
    async with (
        served(application(MemoryReceiver(), probes=probes)) as base,
        httpx.AsyncClient(base_url=base, trust_env=False, verify=no_certificates()) as client,
    ):
        return await client.get(path)


async def test_a_living_process_says_so() -> None:
    answer = await get("/healthz", Says("database", "is gone"))

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_ready_means_that_every_probe_is_content() -> None:
    answer = await get("/readyz", Says("database", None), Says("worker", None))

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_what_is_not_fine_is_named() -> None:
    answer = await get("/readyz", Says("database", None), Says("worker", "none is up"), Breaks())

    assert answer.status_code == 503
    assert answer.json()["problems"] == {
        "worker": "none is up",
        "sandbox": "could not be asked: OSError",
    }


async def test_a_probe_that_hangs_is_named() -> None:
    answer = await Health((Hangs(),), (), most_seconds=0.01).problems()

    assert answer == {"worker": "did not answer within 0.01 s"}


async def test_what_waits_for_others_is_told_and_makes_nobody_less_ready() -> None:
    waits = (Says("runs", "2 runs wait: HTTP 529"), Says("messages", None))
    async with (
        served(application(MemoryReceiver(), delays=waits)) as base,
        httpx.AsyncClient(base_url=base, trust_env=False, verify=no_certificates()) as client,
    ):
        answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "waiting": {"runs": "2 runs wait: HTTP 529"}}
