"""The service dies at every boundary of what people do to a run; the run ends as if it had not.

Beside `test_kill_matrix`, which has one run that nobody touches: here the plans are approved, steps
are sent back and skipped, people push to the branch, and the base branch is merged.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.merging import move_base, push, put_base_back, that_resolves
from tests.acceptance.scripts import DEVELOPER, bash, with_a_class
from tests.durability.counting import misaccounted, toll
from tests.durability.lives import Act, Lives, MortalWorld, mortal_world
from tests.durability.watch import Plan
from tests.forking import ForkServer
from tests.story import Story

DEADLY = (
    r"runs\.(move|heed|raise_limit|note_tip)|records\.(note|adopt)|journal\.keep_output"
    r"|workspaces\.merge"
)
KINDS = {
    *(
        f"runs.{act} {when}"
        for act in ("move", "heed", "raise_limit", "note_tip")
        for when in ("before", "after")
    ),
    *(f"records.{act} {when}" for act in ("note", "adopt") for when in ("before", "after")),
    *(f"journal.keep_output {when}" for when in ("before", "after")),
    *(f"workspaces.merge {when}" for when in ("before", "within", "after")),
}


@pytest.fixture
def world(tmp_path: Path, forks: ForkServer) -> Iterator[MortalWorld]:
    script = with_a_class(that_resolves())
    script.set(DEVELOPER, [bash("seq 9000"), *script.turns(DEVELOPER)])
    with mortal_world(tmp_path, forks) as world:
        world.play(script.write(tmp_path / "script"))
        yield world


def steered(world: MortalWorld, story: Story, plan: Plan) -> Lives:
    """Let people steer a run from its label to its end."""
    begun = story.git("rev-parse", "main").strip()
    said: list[int] = []

    def heard() -> bool:
        return all(story.is_heard(comment) for comment in said)

    def say(command: str) -> Act:
        return Act(heard, lambda: said.append(story.say(f"/phaseline {command}")))

    def intervene() -> None:
        branch = story.pull_requests()[0]["head"]["ref"]
        push(world, "docs/by-hand.md", "By hand.\n", branch)
        move_base(world)

    acts = (
        Act(lambda: True, lambda: story.label("phaseline:plan")),
        Act(lambda: "wait for a person's approval" in story.tracker(), intervene),
        say("skip quality-checker"),
        say("budget 20"),
        say("approve"),
        Act(lambda: "do not merge cleanly" in story.tracker(), lambda: None),
        say("retry merge"),
        Act(lambda: heard() and "🔴 blocked" not in story.tracker(), lambda: None),
    )
    try:
        return world.pass_through(story, plan, acts=acts)
    finally:
        put_base_back(world, begun)


def test_a_run_that_people_steer_dies_at_every_boundary_of_that_and_nothing_is_twice_or_lost(
    world: MortalWorld,
) -> None:
    unharmed, story = world.open_issue(), world.open_issue()
    assert steered(world, unharmed, world.plan("", "turn")).deaths == 0
    plan = world.plan(DEADLY, "phase", "steered")

    lives = steered(world, story, plan)

    paid = toll(story, unharmed, lives)
    assert (paid.doubled, paid.lost, paid.unexcused) == ((), (), ())
    assert misaccounted(story, lives, world.database) == ()
    reached = {plan.key(it) for it in lives.boundaries if re.match(DEADLY, it)}
    assert reached - {plan.key(it) for it in lives.died_at} == set()
    assert KINDS - {" ".join(it.split()[:2]) for it in lives.died_at} == set()
