"""Where samples are built and played; each test gets checkouts of its own."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.rehearsal.samples import SAMPLES, build
from tests.rehearsal.samples.player import Player, Script, read_script

PROGRAMS = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"


@pytest.fixture
def script_of() -> Callable[[str], Script]:
    """Return a function that reads a sample's script."""
    return lambda sample: read_script(SAMPLES[sample].script)


@pytest.fixture
def player_of(tmp_path: Path) -> Callable[[str], Player]:
    """Return a function that builds a sample and gives the player of its script."""

    def make(sample: str) -> Player:
        build(sample, tmp_path / sample)
        return Player(read_script(SAMPLES[sample].script), tmp_path / sample, PROGRAMS)

    return make
