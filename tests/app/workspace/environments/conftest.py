"""Fixtures of the cage: one sandbox a module, one cage and one workshop a test."""

from pathlib import Path

import pytest

from app.workspace.sandbox.sandbox import Sandbox
from tests.app.workspace.environments.workshop import Workshop
from tests.app.workspace.sandbox.kit import Bench, make_bench, make_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def bench(sandbox: Sandbox, tmp_path: Path) -> Bench:
    return make_bench(sandbox, tmp_path)


@pytest.fixture
def workshop(sandbox: Sandbox, tmp_path: Path) -> Workshop:
    directory = tmp_path / "workshop"
    directory.mkdir(mode=0o700)
    return Workshop(sandbox, directory)
