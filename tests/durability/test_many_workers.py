"""Workers that share nothing but PostgreSQL: one dies, one stands still beyond its lease.

How long a takeover takes is measured by `make soak`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.store.engine import make_engine
from app.store.tables import RunRow
from tests.durability.band import Band, band
from tests.durability.counting import standing, toll
from tests.durability.lives import is_over
from tests.forking import ForkServer
from tests.postgres import create_database, postgres_server
from tests.story import Story

LATENCY = 0.3
LOOK_SECONDS = 0.05
PATIENCE = 120.0
# Long enough for a machine that is busy, short enough to be waited for twice.
LEASE = {"PHASELINE_LEASE_SECONDS": "3"}
FILES_ARE_WRITTEN = "implementation/backend-developer/1"
LATER = "qa/test-writer/1"


@pytest.fixture
def two(tmp_path: Path, forks: ForkServer) -> Iterator[Band]:
    with postgres_server() as socket:
        database = create_database(socket, "two")
        with band(tmp_path, forks, database, 2, LATENCY, settings=LEASE) as it:
            yield it


def test_others_take_over_at_the_turn_from_a_dead_worker_and_from_one_that_stands_still(
    two: Band,
) -> None:
    story = two.label_issue()
    dead = _driver(two, FILES_ARE_WRITTEN)
    two.kill(dead)
    heir = _driver(two, FILES_ARE_WRITTEN, besides=dead)
    last, first = two.asked(dead, FILES_ARE_WRITTEN)[-1], two.asked(heir, FILES_ARE_WRITTEN)[0]
    two.hire(2)
    frozen = _driver(two, LATER)
    two.stand_still(frozen)

    with _in_a_transaction(two):
        story.wait(partial(is_over, story), "somebody else finishes the run")
    two.go_on(frozen)
    story.wait(partial(two.has_given_way, frozen), "who stood still gives way")
    two.dismiss()

    assert first in (last, last + 1)
    assert frozen == heir
    paid = toll(story, story, two.lives())
    assert paid.unexcused == ()
    assert paid.repeated <= 2
    _nothing_stands_twice(story)


@contextmanager
def _in_a_transaction(it: Band) -> Iterator[None]:
    """Keep all runs locked as a worker does that was frozen in the middle of a transaction."""
    engine = make_engine(it.database, begin="IMMEDIATE")
    connection = engine.connect()
    connection.execute(sa.select(RunRow.id).with_for_update()).all()
    try:
        yield
    finally:
        connection.invalidate()
        engine.dispose()


def _driver(it: Band, step: str, besides: int = -1) -> int:
    """Wait until a worker, not `besides`, has asked for a turn of a step behind the first."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for number in range(3):
            if number != besides and any(it.asked(number, step)):
                return number
        time.sleep(LOOK_SECONDS)
    raise AssertionError(f"nobody is at {step}\n{it.said()}")


def _nothing_stands_twice(story: Story) -> None:
    counted = {what: n for what, n in standing(story).items() if not what[0].endswith("made")}
    assert counted.pop(("pushes", "")) == len(story.commits()) - 1
    assert {what: n for what, n in counted.items() if n != 1} == {}
