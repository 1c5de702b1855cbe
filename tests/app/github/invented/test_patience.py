"""What is made again when GitHub fails for a moment, and how often: in one place, once."""

import asyncio
from typing import Any

import httpx
import pytest
import respx
from githubkit.response import Response
from githubkit.versions import RestVersionSwitcher

from app.github.client import GitHubApi
from app.github.connection import GitHubConnection
from app.github.pacing import Pacer
from app.github.purposes import Purpose
from phases.core.errors import TransientError
from tests.app.github.invented.calls import COMMENTS, ISSUE, MINT, get_issue, post_comment
from tests.app.github.parts import API, REPOSITORY, MovingClock, minted

LOST: list[httpx.Response | Exception | type[Exception]] = [
    httpx.Response(500),
    httpx.Response(502),
    httpx.ReadError("reset"),
]
EDITED = f"{API}/repos/acme/shop/issues/comments/1"


async def edit(rest: RestVersionSwitcher) -> Response[Any, Any]:
    return await rest.issues.async_update_comment("acme", "shop", 1, body="Hello")


async def test_what_is_the_same_when_done_twice_is_done_again(
    github: respx.MockRouter, api: GitHubApi, clock: MovingClock
) -> None:
    route = github.patch(EDITED)
    route.side_effect = [*LOST, httpx.Response(200, json={"id": 1})]

    assert await api.ensure(edit) == {"id": 1}
    assert route.call_count == 4
    assert clock.waits == [0.5, 1.0, 2.0]


async def test_an_outage_that_lasts_is_given_back_after_four_tries(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    """Attack 64."""
    route = github.patch(EDITED).respond(503)

    with pytest.raises(TransientError, match="503"):
        await api.ensure(edit)

    assert route.call_count == 4


async def test_a_graphql_document_whose_answer_was_lost_is_sent_again(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    route = github.post("http://github.test/api/graphql")
    route.side_effect = [*LOST, httpx.Response(200, json={"data": {}})]

    assert await api.graphql("mutation { x }", {}, writes=True) == {"data": {}}


async def test_a_write_that_lacks_a_token_for_a_moment_is_made_once_it_has_one(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    github.post(MINT).mock(side_effect=[*LOST, httpx.Response(201, json=minted())])
    route = github.post(COMMENTS).respond(201, json={"id": 1})

    assert await api.write(post_comment) == {"id": 1}
    assert route.call_count == 1


@pytest.mark.parametrize("purpose", [Purpose.READ, Purpose.CONVERSE])
async def test_minting_is_not_repeated_by_what_needs_the_token(
    github: respx.MockRouter, connection: GitHubConnection, purpose: Purpose
) -> None:
    """Attack 64."""
    mint = github.post(MINT).respond(502)
    route = github.get(ISSUE).respond(json={})

    with pytest.raises(TransientError, match="502"):
        await connection.clients.of(REPOSITORY, purpose).read(get_issue)

    assert (mint.call_count, route.call_count) == (4, 0)


async def test_a_push_token_that_was_not_heard_of_is_minted_again(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    github.post(MINT).mock(side_effect=[*LOST, httpx.Response(201, json=minted("push"))])

    assert await connection.tokens.for_push(REPOSITORY) == "push"


async def test_a_token_is_revoked_although_the_first_try_was_not_heard_of(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    route = github.delete(f"{API}/installation/token")
    route.side_effect = [httpx.ReadError("reset"), httpx.Response(401, json={})]

    await connection.tokens.revoke("gone")

    assert route.call_count == 2


async def test_a_call_that_waits_for_its_turn_sees_a_limit_that_another_met_meanwhile() -> None:
    class Busy(MovingClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if len(self.waits) == 1:
                pacer.refused(7, 9.0)

    clock = Busy()
    pacer = Pacer(clock, spacing=clock.now() - clock.now())
    pacer.refused(7, 4.0)

    await asyncio.wait_for(pacer.turn(7, "core", writes=False), 5)

    assert clock.waits == [5.0, 10.0]
