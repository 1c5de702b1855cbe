"""One running stand-in, receiver and source repository per test module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.github.browser import Browser
from tests.rehearsal.github.receiver import Receiver
from tests.rehearsal.github.standin import Standin, make_key, make_source, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_source(tmp_path_factory.mktemp("source") / "pocket")


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("key") / "app.pem")


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def standin(
    tmp_path_factory: pytest.TempPathFactory, source: Path, key: Path, receiver: Receiver
) -> Iterator[Standin]:
    with running(tmp_path_factory.mktemp("standin") / "github", source, key, receiver.url) as made:
        yield made


@pytest.fixture
def browser(standin: Standin) -> Iterator[Browser]:
    made = Browser(standin, "maintainer")
    yield made
    made.client.close()
