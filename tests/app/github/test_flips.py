"""Drafts that are to be made ready: what GitHub refuses, and what it has done already."""

from typing import Any

import httpx
import pytest
import respx

from app.github.forge import GitHubForge
from phases.core.errors import BlockedError, TransientError
from tests.app.github.parts import a_run
from tests.app.github.refusing import REPO, connection, forge, github, pull

__all__ = ["connection", "forge", "github"]
FLIP = "http://github.test/api/graphql"
READY = a_run()


def graphql(*errors: tuple[str, str]) -> dict[str, Any]:
    listed = [{"type": kind, "message": message} for kind, message in errors]
    return {"data": {"markPullRequestReadyForReview": None}, "errors": listed}


async def test_an_error_that_comes_with_200_blocks_and_is_quoted(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    refusal = ("FORBIDDEN", "Resource not accessible\nby integration")
    github.post(FLIP).respond(200, json=graphql(refusal))

    with pytest.raises(BlockedError, match="Resource not accessible by integration"):
        await forge.mark_ready(READY)


async def test_an_error_although_it_took_effect_is_ready(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.post(FLIP).respond(200, json=graphql(("UNPROCESSABLE", "Pull request is not a draft")))
    github.get(f"{REPO}/pulls/8").side_effect = [
        httpx.Response(200, json=pull()),
        httpx.Response(200, json=pull(draft=False)),
    ]

    assert not (await forge.mark_ready(READY)).draft


@pytest.mark.parametrize("errors", [(("RATE_LIMITED", "Slow down"),), ()])
async def test_a_flip_that_did_not_take_may_the_next_time(
    github: respx.MockRouter, forge: GitHubForge, errors: tuple[tuple[str, str], ...]
) -> None:
    github.post(FLIP).respond(200, json=graphql(*errors))

    with pytest.raises(TransientError, match="still a draft"):
        await forge.mark_ready(READY)


async def test_a_pull_request_that_is_ready_is_not_touched(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(f"{REPO}/pulls/8").respond(json=pull(draft=False))
    flip = github.post(FLIP)

    await forge.mark_ready(READY)

    assert not flip.called


async def test_a_merged_pull_request_is_not_flipped(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    merged = pull(state="closed", merged_at="2026-11-02T09:00:00Z")
    github.get(f"{REPO}/pulls/8").respond(json=merged)

    with pytest.raises(BlockedError, match="is merged"):
        await forge.mark_ready(READY)
