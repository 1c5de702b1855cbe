"""A machine whose clock is hours off talks to the stand-in, whose clock is right."""

from datetime import UTC, datetime, timedelta

import pytest

from app.github.installed import installed_repositories
from app.github.key import AppKey
from app.github.purposes import Purpose
from tests.app.github.parts import APP_ID, MovingClock, connected, private_key
from tests.app.github.standin import StandIn

TWO_HOURS = timedelta(hours=2)


def off_by(wrong: timedelta) -> MovingClock:
    clock = MovingClock()
    clock.moment = datetime.now(UTC) + wrong
    return clock


@pytest.mark.parametrize("wrong_by", [TWO_HOURS, -TWO_HOURS], ids=["fast", "slow"])
async def test_a_clock_that_is_hours_off_is_put_right_by_githubs_own(
    github: StandIn, wrong_by: timedelta
) -> None:
    async with connected(off_by(wrong_by), github.api) as made:
        token = await made.tokens.for_fetch(github.repository, refused=None)
        again = await made.tokens.for_fetch(github.repository, refused=None)
        found = await installed_repositories(made.clients)
        issue = await github.issue()
        read = await made.clients.of(github.repository, Purpose.READ).read(
            lambda rest: rest.issues.async_get("acme", "shop", issue)
        )

    assert again == token
    assert github.repository.id in {repository.id for repository in found}
    assert read["number"] == issue


async def test_a_client_that_begins_with_the_app_itself_hears_the_time_too(
    github: StandIn,
) -> None:
    async with connected(off_by(TWO_HOURS), github.api) as made:
        app = await made.clients.as_app().read(lambda rest: rest.apps.async_get_authenticated())

    assert app["id"] == APP_ID


@pytest.mark.parametrize("date", ["", "soon", "Mon, 02 Nov 2026 09:30:20 GMT"])
def test_what_is_no_time_or_hardly_another_one_changes_nothing(date: str) -> None:
    clock = MovingClock()
    key = AppKey(APP_ID, private_key(), clock)

    assert not key.hear(date)
    assert key.now() == clock.moment
