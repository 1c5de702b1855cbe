"""A worker that has nothing of a run but the database goes on with it where it stood."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.durability.counting import answered_turns, standing, toll
from tests.durability.lives import MortalWorld, mortal_world
from tests.forking import ForkServer


@pytest.fixture
def world(tmp_path: Path, forks: ForkServer) -> Iterator[MortalWorld]:
    with mortal_world(tmp_path, forks) as it:
        yield it


def test_a_worker_without_the_runs_directories_goes_on_at_the_turn(world: MortalWorld) -> None:
    # Files are written and not committed: what came of a turn is on record with the question after
    # it. Later a commit is made and not pushed.
    deadly = r"journal\.asks after implementation/backend-developer/1 #2|workspaces\.push before"
    story = world.open_issue()
    plan = world.plan(deadly, "turn", "moving")

    lives = world.pass_through(story, plan, between=partial(_forget, world.folder.service))

    assert lives.deaths == 2
    paid = toll(story, story, lives)
    assert (paid.repeated, paid.unexcused) == (0, ())
    assert {attempt for _, attempt, _ in answered_turns(story)} == {1}
    subjects = [subject for (kind, subject) in standing(story).elements() if kind == "commit"]
    assert len(subjects) == len(set(subjects)) == 4


def _forget(data: Path) -> None:
    """Take away everything that a machine keeps beside the database."""
    for name in ("repositories", "steps", "checks", "prepare"):
        if (data / name).exists():
            shutil.rmtree(data / name)
