"""A machine whose clock is hours off talks to the stand-in, whose clock is right."""

from datetime import UTC, datetime, timedelta

import pytest

from app.github.connection import GitHubConnection
from app.github.installed import installed_repositories
from app.github.key import AppKey
from app.github.purposes import Purpose
from tests.app.github.parts import APP_ID, MovingClock, private_key
from tests.app.github.standin import StandIn

TWO_HOURS = timedelta(hours=2)


@pytest.mark.parametrize("wrong_by", [TWO_HOURS, -TWO_HOURS], ids=["fast", "slow"])
async def test_a_clock_that_is_hours_off_is_put_right_by_githubs_own(
    github: StandIn, wrong_by: timedelta
) -> None:
    clock = MovingClock()
    clock.moment = datetime.now(UTC) + wrong_by
    made = GitHubConnection(
        app_id=APP_ID,
        private_key=private_key(),
        api_url=github.api,
        proxy=None,
        write_spacing=timedelta(0),
        clock=clock,
    )

    token = await made.tokens.for_fetch(github.repository, refused=None)
    again = await made.tokens.for_fetch(github.repository, refused=None)
    found = await installed_repositories(made.clients)
    issue = await github.issue()
    read = await made.clients.of(github.repository, Purpose.READ).read(
        lambda rest: rest.issues.async_get("acme", "shop", issue)
    )
    await made.close()

    assert again == token
    assert github.repository.id in {repository.id for repository in found}
    assert read["number"] == issue


async def test_a_client_that_begins_with_the_app_itself_hears_the_time_too(
    github: StandIn,
) -> None:
    clock = MovingClock()
    clock.moment = datetime.now(UTC) + TWO_HOURS
    made = GitHubConnection(
        app_id=APP_ID,
        private_key=private_key(),
        api_url=github.api,
        proxy=None,
        write_spacing=timedelta(0),
        clock=clock,
    )

    app = await made.clients.as_app().read(lambda rest: rest.apps.async_get_authenticated())
    await made.close()

    assert app["id"] == APP_ID


@pytest.mark.parametrize("date", ["", "soon", "Mon, 02 Nov 2026 09:30:20 GMT"])
def test_what_is_no_time_or_hardly_another_one_changes_nothing(date: str) -> None:
    clock = MovingClock()
    key = AppKey(APP_ID, private_key(), clock)

    assert not key.hear(date)
    assert key.now() == clock.moment
