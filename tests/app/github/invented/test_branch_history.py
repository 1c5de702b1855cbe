"""A branch with more commits than one answer of GitHub's holds."""

import httpx
import respx

from app.github.branch_history import pushed
from app.github.connection import GitHubConnection
from phases.core.machine import RunState
from tests.app.github.parts import API, BASE, a_run

REPO = f"{API}/repos/acme/shop"
COMMITS = [f"{n:040x}" for n in range(1, 106)]


async def test_every_page_of_a_long_branch_is_read(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        behind = (int(request.url.params["page"]) - 1) * 100
        commits = [
            {"sha": sha, "commit": {"message": "feat: x"}, "parents": [{"sha": BASE}]}
            for sha in COMMITS[behind : behind + 100]
        ]
        return httpx.Response(200, json={"commits": commits})

    run = a_run(branch="phaseline/3", state=RunState.RUNNING)
    github.get(f"{REPO}/git/ref/heads/phaseline/3").respond(json={"object": {"sha": COMMITS[-1]}})
    github.get(f"{REPO}/compare/{BASE}...{COMMITS[-1]}").side_effect = page

    history = await pushed(connection.clients, run)

    assert history is not None
    assert [commit.sha for commit in history] == COMMITS
