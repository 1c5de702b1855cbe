"""How the service calls GitHub when GitHub is slow, broken, busy or suspicious."""

import json
from typing import Any

import httpx
import pytest
import respx

from app.github.client import GitHubApi
from app.github.errors import RefusedByGitHubError
from app.github.purposes import Purpose
from phases.core.errors import TransientError
from tests.app.github.invented.calls import COMMENTS, ISSUE, get_issue, post_comment
from tests.app.github.parts import REPOSITORY, MovingClock, connected, minted
from tests.contract.invented import NOT_GITHUB


async def test_a_read_is_repeated_three_times_at_most(
    github: respx.MockRouter, api: GitHubApi, clock: MovingClock
) -> None:
    route = github.get(ISSUE).respond(502)

    with pytest.raises(TransientError, match="502"):
        await api.read(get_issue)

    assert route.call_count == 4
    assert clock.waits == [0.5, 1.0, 2.0]


async def test_a_read_that_works_the_second_time_is_an_answer(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    route = github.get(ISSUE)
    route.side_effect = [httpx.ConnectError("reset"), httpx.Response(200, json={"number": 3})]

    assert await api.read(get_issue) == {"number": 3}


@pytest.mark.parametrize(
    "failure", [httpx.Response(500), httpx.Response(502), httpx.ReadTimeout("slow")]
)
async def test_a_write_is_never_sent_again_blindly(
    github: respx.MockRouter, api: GitHubApi, failure: httpx.Response | Exception
) -> None:
    route = github.post(COMMENTS)
    route.side_effect = [failure, httpx.Response(201, json={"id": 1})]

    with pytest.raises(TransientError):
        await api.write(post_comment)

    assert route.call_count == 1


async def test_a_short_rate_limit_is_waited_out_once(
    github: respx.MockRouter, api: GitHubApi, clock: MovingClock
) -> None:
    route = github.post(COMMENTS)
    route.side_effect = [
        httpx.Response(403, headers={"retry-after": "5"}, json={"message": "secondary rate limit"}),
        httpx.Response(201, json={"id": 1}),
    ]

    assert await api.write(post_comment) == {"id": 1}
    assert clock.waits == [6.0]


async def test_a_rate_limit_that_comes_twice_is_given_back(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    route = github.post(COMMENTS).respond(429, headers={"retry-after": "5"}, json={})

    with pytest.raises(TransientError) as raised:
        await api.write(post_comment)

    assert raised.value.after_seconds == 5
    assert route.call_count == 2


async def test_a_long_rate_limit_is_given_back_with_its_length(
    github: respx.MockRouter, api: GitHubApi, clock: MovingClock
) -> None:
    github.get(ISSUE).respond(403, headers={"retry-after": "60"}, json={})

    with pytest.raises(TransientError) as raised:
        await api.read(get_issue)

    assert raised.value.after_seconds == 60
    assert clock.waits == []


async def test_a_refusal_carries_githubs_words_on_one_line(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    details: list[Any] = [
        {"resource": "Issue", "field": "body", "code": "invalid"},
        {"message": "body is\ntoo long"},
        "as text",
    ]
    body = {"message": "Validation Failed", "errors": details}
    github.post(COMMENTS).respond(422, json=body, headers=NOT_GITHUB)

    with pytest.raises(RefusedByGitHubError) as raised:
        await api.write(post_comment)

    assert raised.value.status == 422
    assert raised.value.text == "Validation Failed; body invalid; body is too long; as text"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b'{"message": null}'])
async def test_a_refusal_without_githubs_shape_is_still_a_refusal(
    github: respx.MockRouter, api: GitHubApi, body: bytes
) -> None:
    github.get(ISSUE).respond(404, content=body, headers=NOT_GITHUB)

    with pytest.raises(RefusedByGitHubError, match="404"):
        await api.read(get_issue)


async def test_an_answer_that_is_no_json_may_be_one_the_next_time(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    github.get(ISSUE).respond(200, content=b"<html>", headers=NOT_GITHUB)

    with pytest.raises(TransientError, match="not JSON"):
        await api.read(get_issue)


async def test_graphql_goes_to_the_address_of_an_enterprise_server(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    route = github.post("http://github.test/api/graphql").respond(json={"data": {}})

    assert await api.graphql("query { viewer { login } }", {"n": 1}, writes=True) == {"data": {}}
    assert json.loads(route.calls[0].request.content)["variables"] == {"n": 1}


async def test_graphql_goes_to_the_address_of_github_com(
    github: respx.MockRouter, clock: MovingClock
) -> None:
    base = "https://api.github.com"
    github.post(f"{base}/app/installations/7/access_tokens").respond(201, json=minted())
    github.delete(f"{base}/installation/token").respond(204)
    route = github.post(f"{base}/graphql").respond(json={"data": {}})

    async with connected(clock, base) as connection:
        await connection.clients.of(REPOSITORY, Purpose.PROPOSE).graphql(
            "query { x }", {}, writes=True
        )

    assert route.called
