"""A bench for each test of git."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.workspace.git.kit import Bench, git_bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with git_bench(tmp_path) as bench:
        yield bench
