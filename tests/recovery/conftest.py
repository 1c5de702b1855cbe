from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from app.github.connection import GitHubConnection
from tests.app.github.parts import APP_ID, WallClock, private_key
from tests.app.github.standin import StandIn, stand_in
from tests.forking import ForkServer


@pytest.fixture(scope="session")
def github(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("github"), forks) as running:
        yield running


@pytest.fixture
async def connection(github: StandIn) -> AsyncIterator[GitHubConnection]:
    connection = GitHubConnection(
        app_id=APP_ID,
        private_key=private_key(),
        api_url=github.api,
        proxy=None,
        write_spacing=timedelta(0),
        clock=WallClock(),
    )
    yield connection
    await connection.close()
