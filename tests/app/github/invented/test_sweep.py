"""The sweep where GitHub refuses a part of it."""

from typing import Any

import httpx
import pytest
import respx

from app.github.connection import GitHubConnection
from app.github.remains import Remains
from app.github.sweep import Sweep
from phases.core.model import Repository
from tests.app.github.invented.calls import MINT
from tests.app.github.parts import API, APP_ID, WallClock, minted
from tests.app.github.test_sweep import AllArrived, Runs

REFUSED = {"message": "This installation has been suspended"}
LABELLING = {
    "event": "labeled",
    "created_at": "2026-11-02T09:00:00Z",
    "actor": {"id": 11, "login": "writer", "type": "User"},
    "label": {"name": "phaseline"},
}


class NoLabels:
    async def furnish_repository(self, repository: Repository) -> None:
        del repository


def repository(number: int, owner: str) -> dict[str, Any]:
    account = {"id": number, "login": owner, "type": "Organization"}
    return {"id": number, "name": "shop", "owner": account, "default_branch": "main"}


@pytest.mark.parametrize("refused_at", ["mint", "issues"])
async def test_what_one_installation_refuses_keeps_nobody_from_looking_at_the_next(
    github: respx.MockRouter, connection: GitHubConnection, refused_at: str
) -> None:
    """Attack 9."""
    github.get(f"{API}/app/installations").respond(json=[{"id": 7}, {"id": 8}])
    github.post(f"{API}/app/installations/8/access_tokens").respond(201, json=minted())
    if refused_at == "mint":
        github.post(MINT).respond(403, json=REFUSED)
    seen = [[repository(501, "acme")], [repository(502, "other")]][refused_at == "mint" :]
    github.get(f"{API}/installation/repositories").side_effect = [
        httpx.Response(200, json={"total_count": 1, "repositories": each}) for each in seen
    ]
    github.get(f"{API}/repos/acme/shop/issues").respond(404, json={"message": "Not Found"})
    user = {"id": 12, "login": "reader", "type": "User"}
    moment = "2026-11-02T09:00:00Z"
    issue = {
        "number": 3,
        "title": "T",
        "body": "B",
        "user": user,
        "state": "open",
        "created_at": moment,
        "updated_at": moment,
        "labels": [],
    }

    def issues(request: httpx.Request) -> httpx.Response:
        mine = request.url.params["labels"] == "phaseline"
        return httpx.Response(200, json=[issue] if mine else [])

    github.get(f"{API}/repos/other/shop/issues").side_effect = issues
    github.get(f"{API}/repos/other/shop/issues/3/timeline").respond(json=[LABELLING])
    github.get(f"{API}/repos/other/shop/issues/3/comments").respond(json=[])
    runs = Runs()

    sweep = Sweep(
        connection.clients,
        runs,
        NoLabels(),
        Remains(connection.clients, app_id=APP_ID),
        (),
        AllArrived(),
        label="phaseline",
        clock=WallClock(),
    )
    found = await sweep.look_around()

    assert found == 1
    assert [event.repository.owner for event in runs.told] == ["other"]
