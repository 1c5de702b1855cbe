"""How the service keeps to GitHub's limits, and asks for no more than it must."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import respx

from app.github.client import GitHubApi
from app.github.connection import GitHubConnection
from app.github.errors import RefusedByGitHubError
from app.github.purposes import Purpose
from app.github.revalidation import LARGEST_KEPT
from phases.core.errors import TransientError
from tests.app.github.invented.calls import COMMENTS, ISSUE, MINT, get_issue, post_comment
from tests.app.github.parts import API, REPOSITORY, MovingClock, connected, minted
from tests.contract.invented import NOT_GITHUB


def limited(status: int = 403, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    refusal = {"message": "You have exceeded a secondary rate limit.", "documentation_url": "x"}
    return httpx.Response(status, headers=named, json=refusal)


@pytest.mark.parametrize("status", [403, 429])
async def test_a_limit_without_a_time_is_given_back_for_a_minute_and_then_for_longer(
    github: respx.MockRouter, api: GitHubApi, clock: MovingClock, status: int
) -> None:
    route = github.post(COMMENTS)
    route.side_effect = [limited(status), limited(status), httpx.Response(201, json={"id": 1})]
    told = []

    for _ in range(2):
        with pytest.raises(TransientError) as raised:
            await api.write(post_comment)
        told.append(raised.value.after_seconds)
        await clock.sleep(raised.value.after_seconds + 1)

    assert told == [60, 120]
    assert await api.write(post_comment) == {"id": 1}


async def test_while_github_asks_for_patience_nothing_of_that_installation_is_sent(
    github: respx.MockRouter, connection: GitHubConnection, clock: MovingClock
) -> None:
    mint = github.post(f"{API}/app/installations/8/access_tokens").respond(201, json=minted())
    github.post(COMMENTS).side_effect = [limited(retry_after="90")]
    read = github.get(ISSUE).respond(json={"number": 3})
    busy = connection.clients.of(REPOSITORY, Purpose.CONVERSE)
    fellow = connection.clients.of(REPOSITORY, Purpose.READ)
    other = connection.clients.of(replace(REPOSITORY, installation=8), Purpose.READ)

    with pytest.raises(TransientError):
        await busy.write(post_comment)
    with pytest.raises(TransientError) as raised:
        await fellow.read(get_issue)
    await other.read(get_issue)

    assert raised.value.after_seconds == 91
    assert (read.call_count, mint.call_count) == (1, 1)
    await clock.sleep(91)
    assert await fellow.read(get_issue) == {"number": 3}


async def test_at_the_end_of_the_hours_limit_nothing_is_called_in_vain(
    github: respx.MockRouter, api: GitHubApi, clock: MovingClock
) -> None:
    reset = str(int(clock.now().timestamp()) + 600)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    route = github.get(ISSUE).respond(json={"number": 3}, headers=headers)

    last = await api.read(get_issue)
    with pytest.raises(TransientError) as raised:
        await api.read(get_issue)

    assert last == {"number": 3}
    assert raised.value.after_seconds == 600
    assert route.call_count == 1


async def test_the_limit_of_graphql_holds_up_nothing_else(
    github: respx.MockRouter, api: GitHubApi, clock: MovingClock
) -> None:
    reset = str(int(clock.now().timestamp()) + 600)
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": reset,
        "x-ratelimit-resource": "graphql",
    }
    github.post("http://github.test/api/graphql").respond(json={"data": {}}, headers=headers)
    github.get(ISSUE).respond(json={"number": 3})

    await api.graphql("query { viewer { login } }", {}, writes=True)

    assert await api.read(get_issue) == {"number": 3}
    with pytest.raises(TransientError):
        await api.graphql("query { viewer { login } }", {}, writes=True)


async def test_a_limit_on_minting_is_no_refusal(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    github.post(MINT).side_effect = [limited(retry_after="30")]

    with pytest.raises(TransientError) as raised:
        await connection.tokens.for_fetch(REPOSITORY, refused=None)

    assert raised.value.after_seconds == 30


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("refusing", [COMMENTS, MINT])
async def test_the_end_of_the_hours_limit_says_when_the_next_hour_begins(
    github: respx.MockRouter, api: GitHubApi, refusing: str, status: int
) -> None:
    reset = int(datetime.now(UTC).timestamp()) + 600
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
    over = {"message": "API rate limit exceeded for installation ID 7.", "documentation_url": "x"}
    route = github.post(refusing).respond(status, headers=headers, json=over)

    with pytest.raises(TransientError) as raised:
        await api.write(post_comment)

    assert 60 < raised.value.after_seconds <= 600
    assert route.call_count == 1


async def test_a_permission_that_is_missing_is_no_limit(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    missing = {"message": "Resource not accessible by integration", "documentation_url": "x"}
    headers = {"x-ratelimit-remaining": "12"}
    github.post(COMMENTS).respond(403, json=missing, headers=headers)

    with pytest.raises(RefusedByGitHubError, match="not accessible"):
        await api.write(post_comment)


async def test_writes_that_come_at_once_are_spaced_whatever_they_write(
    github: respx.MockRouter, clock: MovingClock
) -> None:
    github.post(MINT).respond(201, json=minted())
    github.post(COMMENTS).respond(201, json={"id": 1})
    github.post("http://github.test/api/graphql").respond(json={"data": {}})
    github.get(ISSUE).respond(json={"number": 3})

    async with connected(clock, spacing=timedelta(seconds=1)) as connection:
        talk = connection.clients.of(REPOSITORY, Purpose.CONVERSE)
        propose = connection.clients.of(REPOSITORY, Purpose.PROPOSE)
        await talk.write(post_comment)
        await talk.read(get_issue)
        await propose.graphql("query { viewer { login } }", {}, writes=True)
        await talk.write(post_comment)

    assert clock.waits == [1.0, 1.0]


async def test_what_still_stands_is_not_sent_again(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    route = github.get(ISSUE)
    route.side_effect = [
        httpx.Response(200, headers={"etag": 'W/"1"'}, json={"number": 3}),
        httpx.Response(304, headers={"etag": 'W/"1"'}),
        httpx.Response(200, headers={"etag": 'W/"2"'}, json={"number": 4}),
    ]

    answers = [await api.read(get_issue) for _ in range(3)]

    assert answers == [{"number": 3}, {"number": 3}, {"number": 4}]
    asked = [call.request.headers.get("if-none-match") for call in route.calls]
    assert asked == [None, 'W/"1"', 'W/"1"']


async def test_what_one_token_may_see_is_not_asked_for_with_another(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    route = github.get(ISSUE).respond(headers={"etag": '"1"'}, json={"number": 3})

    for purpose in (Purpose.READ, Purpose.CONVERSE):
        await connection.clients.of(REPOSITORY, purpose).read(get_issue)

    assert all("if-none-match" not in call.request.headers for call in route.calls)


async def test_an_answer_too_large_to_keep_is_read_whole_each_time(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    large = {"body": "x" * LARGEST_KEPT}
    route = github.get(ISSUE).respond(headers={"etag": '"1"'}, json=large)

    assert [await api.read(get_issue) for _ in range(2)] == [large, large]
    assert "if-none-match" not in route.calls.last.request.headers


async def test_an_enterprise_server_that_lacks_the_version_is_asked_for_the_older_one(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    unknown = {"message": '"2026-03-10" is not a supported API version.'}
    github.post(MINT).mock(
        side_effect=[
            httpx.Response(400, json=unknown, headers=NOT_GITHUB),
            httpx.Response(201, json=minted()),
        ]
    )
    github.post(COMMENTS).respond(201, json={"id": 1})

    assert await api.write(post_comment) == {"id": 1}
    versions = [call.request.headers["x-github-api-version"] for call in github.calls]
    assert versions == ["2026-03-10", "2022-11-28", "2022-11-28"]


async def test_another_bad_request_is_told_as_it_is(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    route = github.post(COMMENTS).respond(400, json={"message": "Problems parsing JSON"})

    with pytest.raises(RefusedByGitHubError, match="Problems parsing JSON"):
        await api.write(post_comment)

    assert route.call_count == 1
