"""A GitHub on which the draft of one run goes well, except for what a test refuses."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from app.github.connection import GitHubConnection
from app.github.forge import GitHubForge
from app.github.naming import opening_message, run_marker
from tests.app.github.parts import API, BASE, MovingClock, a_run, connected, minted
from tests.contract.invented import invented_github

REPO = f"{API}/repos/acme/shop"
BRANCH = "phaseline/3-add-due-dates"
REF = f"{REPO}/git/ref/heads/{BRANCH}"
HEAD = "c" * 40
RUN = a_run(pull_request=None)


def pull(**changes: Any) -> dict[str, Any]:
    return {
        "number": 8,
        "node_id": "PR_8",
        "html_url": "http://github.test/acme/shop/pull/8",
        "state": "open",
        "draft": True,
        "title": "feat: x",
        "body": f"Text.\n\n{run_marker(RUN)}",
        "head": {"ref": BRANCH, "sha": HEAD},
        **changes,
    }


def commit(sha: str, message: str) -> dict[str, Any]:
    return {"sha": sha, "message": message, "tree": {"sha": "d" * 40}}


@pytest.fixture
def github(tmp_path: Path) -> Iterator[respx.MockRouter]:
    """A GitHub on which the branch stands and everything else goes well, until a test says no."""
    with invented_github(tmp_path) as router:
        router.post(f"{API}/app/installations/7/access_tokens").respond(201, json=minted())
        router.delete(f"{API}/installation/token").respond(204)
        router.get(REF).respond(json={"object": {"sha": HEAD}})
        router.get(f"{REPO}/git/commits/{BASE}").respond(json=commit(BASE, "chore: begin"))
        router.get(f"{REPO}/git/commits/{HEAD}").respond(json=commit(HEAD, opening_message(RUN)))
        router.post(f"{REPO}/git/commits").respond(201, json={"sha": HEAD})
        router.post(f"{REPO}/git/refs").respond(201, json={"object": {"sha": HEAD}})
        router.get(url__regex=rf"{REPO}/contents/.*").respond(404, json={"message": "Not Found"})
        router.get(f"{REPO}/pulls").respond(json=[])
        router.post(f"{REPO}/pulls").respond(201, json=pull())
        router.get(f"{REPO}/pulls/8").respond(json=pull())
        yield router


@pytest.fixture
async def connection(github: respx.MockRouter) -> AsyncIterator[GitHubConnection]:
    async with connected(MovingClock()) as made:
        yield made


@pytest.fixture
def forge(connection: GitHubConnection) -> GitHubForge:
    return GitHubForge(connection.clients, label="phaseline")


def said(status: int, message: str, *details: str) -> httpx.Response:
    errors = [{"message": detail} for detail in details]
    return httpx.Response(status, json={"message": message, "errors": errors})
