"""A git host with one small project, for attacks on git: each test has a bench of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from phases.core.submission import CommitMessage
from tests.app.workspace.git.kit import Bench, git_bench

BRANCH = "phaseline/12-add-a-thing"
FILES = {"README.md": "# Project\n", "src/app.py": "print('a')\n"}
MESSAGE = CommitMessage("feat", None, "add a thing", None)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with git_bench(tmp_path) as bench:
        yield bench
