"""All that the doctor looks at, in order; another examination is one more entry here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.settings import Settings, SettingsError, load
from app.wiring.doctor.examination import Examination
from app.wiring.doctor.github import GitHubExaminations
from app.wiring.doctor.machine import cage_by_default, of_the_machine, of_the_program
from app.wiring.doctor.model import model_access
from app.wiring.workspaces import GIT
from phases.core.ports import Clock


@asynccontextmanager
async def examinations(
    overrides: dict[str, object], clock: Clock
) -> AsyncIterator[tuple[Examination, ...]]:
    """Give what there is to look at; `overrides` are settings that outrank the environment.

    What needs settings is left out while they cannot be read.
    """
    try:
        settings = load(**overrides)
    except SettingsError as error:
        refused = str(error)
        broken = Examination("settings", lambda: _refused(refused))
        yield (broken, *of_the_program(GIT), cage_by_default())
        return
    async with of_the_outside(settings, clock) as outside:
        yield (
            Examination("settings", _readable),
            *of_the_program(GIT),
            *of_the_machine(settings),
            *outside,
        )


@asynccontextmanager
async def of_the_outside(
    settings: Settings, clock: Clock
) -> AsyncIterator[tuple[Examination, ...]]:
    """Give what is looked at on GitHub and at the model."""
    github = GitHubExaminations(settings, clock)
    try:
        yield (*github.all(), Examination("model", lambda: model_access(settings, clock)))
    finally:
        await github.close()


async def _readable() -> str:
    return "can be read"


async def _refused(reason: str) -> str:
    raise SettingsError(
        f"{reason} `phaseline setup` registers the App and writes them. The rest is looked at "
        "after that."
    )
