"""The world that stories share: one for each process of the test suite, started when it is needed.

Stories have issues of their own, and each says first what Claude plays.
"""

from collections.abc import Iterator

import pytest

from tests.forking import ForkServer
from tests.world import World, world


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Iterator[World]:
    """A world for stories that leave its processes as they found them."""
    with world(tmp_path_factory.mktemp("world"), forks) as it:
        yield it
