"""A GitHub whose answers a test invents, and the service's way to it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import respx

from app.github.client import GitHubApi
from app.github.connection import GitHubConnection
from app.github.purposes import Purpose
from tests.app.github.invented.calls import MINT
from tests.app.github.parts import API, REPOSITORY, MovingClock, connected, minted
from tests.contract.invented import invented_github


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def github(tmp_path: Path) -> Iterator[respx.MockRouter]:
    with invented_github(tmp_path) as router:
        router.delete(f"{API}/installation/token").respond(204)
        yield router


@pytest.fixture
async def connection(
    github: respx.MockRouter, clock: MovingClock
) -> AsyncIterator[GitHubConnection]:
    github.post(MINT).respond(201, json=minted())
    async with connected(clock) as connection:
        yield connection


@pytest.fixture
def api(connection: GitHubConnection) -> GitHubApi:
    return connection.clients.of(REPOSITORY, Purpose.CONVERSE)
