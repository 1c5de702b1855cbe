"""How the service calls GitHub when GitHub is slow, broken, busy or suspicious."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import respx

from app.github.client import TIMEOUT, GitHubApi
from app.github.connection import GitHubConnection
from app.github.errors import RefusedByGitHubError
from app.github.installed import repositories_of
from app.github.key import AppKey, PrivateKeyError
from app.github.purposes import Purpose
from app.github.tokens import scope_of
from phases.core.errors import BlockedError, TransientError
from tests.app.github.invented.calls import COMMENTS, ISSUE, MINT, get_issue, post_comment
from tests.app.github.parts import (
    API,
    REPOSITORY,
    MovingClock,
    connected,
    minted,
    private_key,
)
from tests.contract.invented import NOT_GITHUB


async def test_a_call_carries_a_token_of_its_repository_and_purpose_alone(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    """Attack 51."""
    github.get(ISSUE).respond(json={"number": 3})

    answer = await api.read(get_issue)

    mint, call = github.calls[0].request, github.calls[1].request
    assert answer == {"number": 3}
    assert json.loads(mint.content) == {
        "repository_ids": [501],
        "permissions": {"issues": "write", "pull_requests": "write"},
    }
    assert call.headers["authorization"] == "Bearer ghs_4242_one"
    assert call.headers["x-github-api-version"] == "2026-03-10"
    assert mint.extensions["timeout"] == call.extensions["timeout"] == TIMEOUT.as_dict()
    assert httpx.Timeout(30.0, connect=5.0) == TIMEOUT


async def test_minting_is_signed_by_the_app_for_less_than_ten_minutes(
    github: respx.MockRouter, api: GitHubApi, clock: MovingClock
) -> None:
    github.get(ISSUE).respond(json={})

    await api.read(get_issue)

    sent = github.calls[0].request.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(sent, options={"verify_signature": False})
    assert jwt.get_unverified_header(sent)["alg"] == "RS256"
    assert claims["iss"] == "4242"
    assert claims["iat"] == int(clock.now().timestamp()) - 60
    assert claims["exp"] == int(clock.now().timestamp()) + 540


async def test_a_token_for_a_whole_installation_may_read_names_alone(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    """Attack 51."""
    empty = {"total_count": 0, "repositories": []}
    github.get(f"{API}/installation/repositories").respond(json=empty)

    assert await repositories_of(connection.clients, 7) == []
    assert json.loads(github.calls[0].request.content) == {"permissions": {"metadata": "read"}}


@pytest.mark.parametrize("purpose", list(Purpose))
def test_no_purpose_may_touch_workflows_or_administration(purpose: Purpose) -> None:
    """Attack 51."""
    asked = dict(purpose.value)

    assert set(asked) <= {"metadata", "contents", "issues", "pull_requests", "checks"}
    assert asked.get("metadata", "read") == "read"


async def test_twenty_callers_at_once_mint_one_token(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    async def slowly(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return httpx.Response(201, json=minted())

    github.get(ISSUE).respond(json={})
    github.post(MINT).side_effect = slowly

    await asyncio.gather(*(api.read(get_issue) for _ in range(20)))

    assert sum(str(call.request.url) == MINT for call in github.calls) == 1


async def test_a_token_is_minted_anew_before_it_runs_out(
    github: respx.MockRouter, connection: GitHubConnection, clock: MovingClock
) -> None:
    scope = scope_of(REPOSITORY, Purpose.READ)
    github.post(MINT).mock(
        side_effect=[
            httpx.Response(201, json=minted("first")),
            httpx.Response(201, json=minted("second")),
        ]
    )

    first = await connection.tokens.get(scope)
    await clock.sleep(54 * 60)
    still = await connection.tokens.get(scope)
    await clock.sleep(2 * 60)
    then = await connection.tokens.get(scope)

    assert (first, still, then) == ("first", "first", "second")


async def test_a_refused_token_is_minted_again_once(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    github.post(MINT).mock(
        side_effect=[
            httpx.Response(201, json=minted("old")),
            httpx.Response(201, json=minted("new")),
        ]
    )
    route = github.get(ISSUE)
    route.side_effect = [httpx.Response(401, json={}), httpx.Response(200, json={"number": 3})]

    answer = await api.read(get_issue)

    assert answer == {"number": 3}
    assert route.calls[1].request.headers["authorization"] == "Bearer new"


async def test_credentials_that_stay_refused_block_and_name_who_must_act(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    route = github.get(ISSUE).respond(401, json={"message": "Bad credentials"})

    with pytest.raises(BlockedError, match=r"Bad credentials.*private key"):
        await api.read(get_issue)

    assert route.call_count == 2


async def test_a_suspended_installation_is_a_refusal_to_mint(
    github: respx.MockRouter, api: GitHubApi
) -> None:
    """Attack 9."""
    github.post(MINT).respond(403, json={"message": "This installation has been suspended"})

    with pytest.raises(RefusedByGitHubError, match="suspended"):
        await api.read(get_issue)


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


async def test_a_push_token_is_minted_each_time_and_can_be_revoked(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    """Attack 52."""
    github.post(MINT).mock(
        side_effect=[httpx.Response(201, json=minted(name)) for name in ("one", "two")]
    )

    tokens = [await connection.tokens.for_push(REPOSITORY) for _ in range(2)]
    await connection.tokens.revoke(tokens[0])

    assert tokens == ["one", "two"]
    assert json.loads(github.calls[0].request.content)["permissions"]["contents"] == "write"
    assert github.calls[-1].request.headers["authorization"] == "Bearer one"


async def test_a_fetch_token_may_only_read(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    """Attack 51."""
    await connection.tokens.for_fetch(REPOSITORY, refused=None)

    asked = json.loads(github.calls[0].request.content)["permissions"]
    assert set(asked.values()) == {"read"}


@pytest.mark.parametrize("status", [204, 401, 404])
async def test_revoking_what_is_worthless_already_is_done(
    github: respx.MockRouter, connection: GitHubConnection, status: int
) -> None:
    github.delete(f"{API}/installation/token").respond(status, json=None if status == 204 else {})

    await connection.tokens.revoke("gone")


async def test_closing_revokes_what_is_kept(github: respx.MockRouter, clock: MovingClock) -> None:
    """Attack 52."""
    github.post(MINT).respond(201, json=minted("kept"))
    revoke = github.delete(f"{API}/installation/token").respond(204)

    async with connected(clock) as connection:
        await connection.tokens.for_fetch(REPOSITORY, refused=None)

    assert [call.request.headers["authorization"] for call in revoke.calls] == ["Bearer kept"]


async def test_a_token_answer_of_another_shape_is_asked_for_again_later(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    github.post(MINT).respond(201, json={"token": 5}, headers=NOT_GITHUB)

    with pytest.raises(TransientError, match="token request"):
        await connection.tokens.for_fetch(REPOSITORY, refused=None)


def test_a_key_is_read_from_text_from_one_line_and_from_a_file(
    tmp_path: Path, clock: MovingClock
) -> None:
    file = tmp_path / "app.pem"
    file.write_text(private_key())
    sources = [private_key(), private_key().replace("\n", "\\n"), str(file)]

    signed = {AppKey(1, source, clock).sign() for source in sources}

    assert len(signed) == 1


@pytest.mark.parametrize(
    "source", ["", "nowhere.pem", "-----BEGIN RSA PRIVATE KEY-----\nx", "a\0b"]
)
def test_what_is_no_key_is_refused_without_showing_it(source: str, clock: MovingClock) -> None:
    with pytest.raises(PrivateKeyError) as raised:
        AppKey(1, source, clock)

    assert "BEGIN" not in str(raised.value)


def test_no_representation_shows_the_key(clock: MovingClock) -> None:
    """Attack 53."""
    key = AppKey(1, private_key(), clock)

    assert "PRIVATE" not in repr(key) + repr(vars(key))
