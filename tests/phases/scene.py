"""A run, and people who comment on its issue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.durable.asides import Asides
from app.durable.reception import Reception
from app.store.retention import Retention
from app.store.shown import ShownComments
from phases.core.events import Event, Removed, Said
from phases.core.model import Person, Repository, Role, Variant
from tests.app.store.story import REPOSITORY
from tests.fakes.outside import Play
from tests.phases.play import revised
from tests.phases.world import World, world

WRITER = Person(102, "writer")


class Everybody:
    async def role(self, repository: Repository, person: Person) -> Role:
        return Role.WRITE


class Nothing:
    async def furnish(self, installation: int) -> None:
        raise AssertionError(installation)

    def forget(self, removed: Removed) -> None:
        raise AssertionError(removed)


class Scene:
    """A run, and people who comment on its issue."""

    def __init__(self, it: World) -> None:
        self.it = it
        self.comments = 0
        self.reception = Reception(
            Everybody(),
            it.runs,
            it.records,
            Nothing(),
            Retention(it.database, it.clock),
            Asides(ShownComments(it.database, it.clock), it.runs),
        )

    async def say(self, word: str, argument: str = "") -> None:
        """Let a person with write permission give a command."""
        await self.hear(self.saying(word, argument))

    def saying(self, word: str, argument: str = "") -> Said:
        """Return what arrives when a person gives a command."""
        self.comments += 1
        at = self.it.clock.now()
        return Said(REPOSITORY, 3, False, WRITER, True, self.comments, word, argument, at)

    async def hear(self, event: Event) -> None:
        """Let an event arrive."""
        await self.reception.hear(None, event)
        found = await self.it.runs.find(self.it.run.id)
        assert found is not None
        self.it.run = found


@asynccontextmanager
async def scene(directory: Path, play: Play, variant: Variant) -> AsyncIterator[Scene]:
    async with world(directory, play, variant=variant) as it:
        yield Scene(it)


def wished(play: dict[str, list[Any]], *agents: str) -> dict[str, list[Any]]:
    """Return a play in which these planners and the reviewer have a second round."""
    plan = play["planning/architect/1"][0]
    changed = plan.submission.artifact.replace("would notice", "would notice it at once")
    again = {
        "planning/architect/2": [revised(plan, artifact=changed)],
        "planning/product-manager/2": play["planning/product-manager/1"],
    }
    for agent in agents:
        # What a person asks for need not touch every plan.
        again[f"planning/{agent}/2"] = play[f"planning/{agent}/1"]
    return play | again
