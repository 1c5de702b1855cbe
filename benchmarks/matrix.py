"""The kill matrix at its finest: the service dies at every boundary of every step, on SQLite.

CI dies at each kind of boundary once a phase; see `tests/durability/test_kill_matrix.py`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.durability.counting import Toll, toll
from tests.durability.lives import MortalWorld, mortal_world
from tests.forking import ForkServer
from tests.story import Story

# One passage for each, so that a death does not hide what another one costs.
CLASSES = {
    "records": r"records|runs|deliveries\.add \w+ issues\.labeled",
    "outbox": r"outbox",
    "turns": r"journal",
    "model": r"model",
    "tools and files": r"desk|packs|logs",
    "checks and pushes": r"workspaces",
    "GitHub": r"github",
}


@dataclass(frozen=True)
class Passed:
    """One passage: boundaries that were reached, deaths at them, and what that has cost."""

    what: str
    boundaries: int
    deaths: int
    missed: tuple[str, ...]
    toll: Toll

    @property
    def harmless(self) -> bool:
        """Whether nothing was lost, doubled or asked without need, and no boundary was missed."""
        cost = self.toll
        return not (self.missed or cost.doubled or cost.lost or cost.unexcused)


def matrix(
    root: Path, forks: ForkServer, only: str, patience: float, say: Callable[[str], None]
) -> Iterator[Passed]:
    """Let a run pass for each class of boundaries whose name holds `only`, and die at each."""
    root.mkdir(parents=True, exist_ok=True)
    with mortal_world(root, forks) as world:
        unharmed = world.open_issue()
        world.pass_through(unharmed, world.plan("", "turn"))
        say("one run has passed unharmed")
        for what, deadly in CLASSES.items():
            if only in what:
                passed = _pass(world, unharmed, what, deadly, patience)
                say(f"{what}: {passed.deaths} deaths at {passed.boundaries} boundaries")
                yield passed


def _pass(world: MortalWorld, unharmed: Story, what: str, deadly: str, patience: float) -> Passed:
    story = world.open_issue()
    plan = world.plan(deadly, "turn", f"passage-{story.issue}")
    lives = world.pass_through(story, plan, patience=patience)
    reached = {it for it in lives.boundaries if re.match(deadly, it)}
    missed = tuple(sorted(reached - lives.died_at))
    return Passed(what, len(reached), lives.deaths, missed, toll(story, unharmed, lives))
