"""The webhook over real HTTP, for attacks on it: one server for a module, a receiver in memory."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from app.cli.demo.loopback import no_certificates
from app.web.body import BodyLimits
from tests.app.github.deliveries import labelled
from tests.app.serving import served
from tests.app.web.parts import MemoryReceiver, application

PATH = "/webhooks/github"
BODY = json.dumps(labelled()).encode()
SMALL = BodyLimits(most_bytes=64 * 1024, most_seconds=0.3)


@pytest.fixture(scope="module")
def server_receiver() -> MemoryReceiver:
    return MemoryReceiver()


@pytest.fixture
def receiver(server_receiver: MemoryReceiver) -> MemoryReceiver:
    server_receiver.kept.clear()
    server_receiver.broken = False
    return server_receiver


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def base_url(server_receiver: MemoryReceiver) -> AsyncIterator[str]:
    async with served(application(server_receiver, limits=SMALL)) as base:
        yield base


@pytest_asyncio.fixture(loop_scope="module")
async def github(base_url: str, receiver: MemoryReceiver) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=base_url, trust_env=False, verify=no_certificates()
    ) as client:
        yield client
