"""Fixtures of the attacks on the cage: one sandbox a module, one cage a test."""

from pathlib import Path

import pytest

from app.workspace.sandbox.sandbox import Sandbox
from tests.app.workspace.sandbox.kit import Bench, make_bench, make_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def bench(sandbox: Sandbox, tmp_path: Path) -> Bench:
    return make_bench(sandbox, tmp_path)
