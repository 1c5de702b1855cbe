"""A bench for each test of git, and a whole room on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.workspace.sandbox.sandbox import Sandbox
from tests.app.workspace.git.kit import Bench, git_bench
from tests.app.workspace.git.project import Room
from tests.app.workspace.git.room import KeptLogs, whole_room
from tests.app.workspace.sandbox.kit import make_sandbox


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with git_bench(tmp_path) as bench:
        yield bench


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def room(bench: Bench, sandbox: Sandbox) -> Room:
    logs = KeptLogs()
    return Room(bench, whole_room(bench, sandbox, logs), logs)
