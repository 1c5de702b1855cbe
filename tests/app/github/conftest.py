"""One stand-in GitHub for the tests that talk to it; each makes an issue of its own there."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from app.github.connection import GitHubConnection
from tests.app.github.parts import WallClock, connected
from tests.app.github.standin import StandIn, stand_in
from tests.forking import ForkServer


@pytest.fixture(scope="session")
def github(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("github"), forks) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connection(github: StandIn) -> AsyncIterator[GitHubConnection]:
    async with connected(WallClock(), github.api) as made:
        yield made
