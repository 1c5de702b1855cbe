"""Tokens: what each may do, when it is minted anew, and when it is revoked."""

import asyncio
import json

import httpx
import jwt
import pytest
import respx

from app.github.client import TIMEOUT, GitHubApi
from app.github.connection import GitHubConnection
from app.github.errors import RefusedByGitHubError
from app.github.installed import repositories_of
from app.github.purposes import Purpose
from app.github.tokens import scope_of
from phases.core.errors import BlockedError, TransientError
from tests.app.github.invented.calls import ISSUE, MINT, get_issue
from tests.app.github.parts import API, REPOSITORY, MovingClock, connected, minted
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
