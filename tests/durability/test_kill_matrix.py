"""The service dies at every boundary of a run, by SIGKILL, and the run ends as if it had not.

A boundary lies before and after each durable write and each outward act, and within requests and
tool calls. In one passage the service dies at each kind of them once a phase, and after each step
that is recorded, one death after the other. `make soak SOAK=--matrix` has it die at every one of
every step; `make soak` kills at random moments, many runs at once, on PostgreSQL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.durability.counting import misaccounted, toll
from tests.durability.lives import MortalWorld, mortal_world
from tests.forking import ForkServer
from tests.story import Story

DURABLE = r"records|runs|outbox|journal|packs|logs|deliveries\.add \w+ issues\.labeled"
OUTWARD = r"github|workspaces|desk|model"
MOST_TESTED = {DURABLE: 100, OUTWARD: 40}
TWO = ("before", "after")
THREE = ("before", "within", "after")
# Every kind of boundary that there is; each is died at in every phase that has it.
KINDS = {
    DURABLE: {
        *(f"records.{write} {when}" for write in ("enter", "begin", "finish") for when in TWO),
        *(f"records.{write} {when}" for write in ("amend", "pass_gate") for when in TWO),
        *(f"runs.{write} {when}" for write in ("start", "take", "stop", "renew") for when in TWO),
        *(f"outbox.{write} {when}" for write in ("show", "attempted", "sent") for when in TWO),
        *(f"journal.{write} {when}" for write in ("begin", "asks") for when in TWO),
        *(f"journal.{write} {when}" for write in ("reply", "results") for when in TWO),
        *(f"{what}.keep {when}" for what in ("packs", "logs") for when in TWO),
        *(f"deliveries.add {when}" for when in TWO),
    },
    OUTWARD: {
        *(f"github {when}" for when in TWO),
        *("model sent", "model begun"),
        *(f"desk.call {when}" for when in THREE),
        *(f"desk.{act} {when}" for act in ("snapshot", "restore", "commit") for when in TWO),
        *(f"desk.begin_again {when}" for when in TWO),
        *(f"workspaces.{act} {when}" for act in ("fetch_base", "check", "push") for when in THREE),
        *(f"workspaces.prepare {when}" for when in TWO),
    },
}


@dataclass(frozen=True)
class Stage:
    """A world, and what a run leaves in it that nothing interrupts."""

    world: MortalWorld
    unharmed: Story


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Iterator[Stage]:
    with mortal_world(tmp_path_factory.mktemp("mortal"), forks) as world:
        story = world.open_issue()
        lives = world.pass_through(story, world.plan("", "turn"))
        assert lives.deaths == 0
        yield Stage(world, story)


@pytest.mark.parametrize("deadly", [DURABLE, OUTWARD], ids=["durable writes", "outward acts"])
def test_a_run_that_dies_at_every_boundary_ends_ready_with_nothing_twice_and_nothing_lost(
    stage: Stage, deadly: str
) -> None:
    story = stage.world.open_issue()
    plan = stage.world.plan(deadly, "phase", f"passage-{story.issue}")

    lives = stage.world.pass_through(story, plan)

    paid = toll(story, stage.unharmed, lives)
    assert (paid.doubled, paid.lost, paid.unexcused) == ((), (), ())
    assert misaccounted(story, lives, stage.world.database) == ()
    # It has died wherever it could: each boundary that was reached is one it died at.
    reached = {plan.key(it) for it in lives.boundaries if re.match(deadly, it)}
    assert reached - {plan.key(it) for it in lives.died_at} == set()
    assert lives.deaths >= MOST_TESTED[deadly]
    assert KINDS[deadly] - {" ".join(it.split()[:2]) for it in lives.died_at} == set()
