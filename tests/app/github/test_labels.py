"""The labels that start runs, made in the stand-in's repository."""

from typing import Any

import pytest

from app.github.connection import GitHubConnection
from app.github.labels import COLOUR, Labels
from phases.core.events import Removed
from tests.app.github.standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def labels_of(github: StandIn, prefix: str) -> dict[str, dict[str, Any]]:
    found = await github.act("maintainer", "GET", "/labels?per_page=100")
    return {label["name"]: label for label in found if label["name"].startswith(prefix)}


async def test_an_installation_gets_every_label_with_colour_and_description(
    github: StandIn, connection: GitHubConnection
) -> None:
    labels = Labels(connection.clients, label="fresh")

    await labels.furnish(github.repository.installation)

    made = await labels_of(github, "fresh")
    assert set(made) == {"fresh", "fresh:plan", "fresh:light", "fresh:full"}
    assert all(label["color"] == COLOUR and label["description"] for label in made.values())


async def test_a_label_that_people_made_stays_as_it_is(
    github: StandIn, connection: GitHubConnection
) -> None:
    theirs = {"name": "Theirs", "color": "ff0000", "description": "as we like it"}
    await github.act("maintainer", "POST", "/labels", theirs)

    await Labels(connection.clients, label="theirs").furnish(github.repository.installation)

    found = await labels_of(github, "Theirs")
    assert found["Theirs"]["color"] == "ff0000"
    assert set(await labels_of(github, "theirs")) == {
        "theirs:plan",
        "theirs:light",
        "theirs:full",
    }


async def test_a_label_that_people_delete_is_not_made_again_while_the_service_runs(
    github: StandIn, connection: GitHubConnection
) -> None:
    labels = Labels(connection.clients, label="unwanted")
    await labels.furnish(github.repository.installation)
    await github.act("maintainer", "DELETE", "/labels/unwanted:full")

    await labels.furnish(github.repository.installation)

    assert "unwanted:full" not in await labels_of(github, "unwanted")


async def test_what_was_taken_away_and_comes_back_is_furnished_anew(
    github: StandIn, connection: GitHubConnection
) -> None:
    labels, repository = Labels(connection.clients, label="back"), github.repository
    await labels.furnish(repository.installation)
    await github.act("maintainer", "DELETE", "/labels/back:full")
    labels.forget(Removed(repository.installation + 1, None))
    labels.forget(Removed(repository.installation, (repository.id + 1,)))
    await labels.furnish(repository.installation)
    before = await labels_of(github, "back")

    labels.forget(Removed(repository.installation, (repository.id,)))
    await labels.furnish(repository.installation)

    assert "back:full" not in before
    assert "back:full" in await labels_of(github, "back")


async def test_an_installation_that_is_gone_stops_nothing(
    github: StandIn, connection: GitHubConnection
) -> None:
    labels = Labels(connection.clients, label="gone")

    await labels.furnish(github.repository.installation + 1)

    assert await labels_of(github, "gone") == {}
