"""Where GitHub says no to a draft or to reading its issue, and what a person is told then."""

import json

import httpx
import pytest
import respx

from app.github.forge import GitHubForge
from phases.core.errors import BlockedError, TransientError
from tests.app.github.parts import BASE
from tests.app.github.refusing import (
    BRANCH,
    HEAD,
    REF,
    REPO,
    RUN,
    commit,
    connection,
    forge,
    github,
    pull,
    said,
)

__all__ = ["connection", "forge", "github"]


async def open_draft(forge: GitHubForge) -> str:
    return (await forge.open_draft(RUN, "feat: x", "Text."))[1]


@pytest.mark.parametrize(
    ("path", "answer", "quoted"),
    [
        ("git/refs", said(422, "Repository rule violations found", "Cannot create ref"), "rule"),
        ("git/refs", said(403, "Resource not accessible by integration"), "integration"),
        ("git/commits", said(409, "Git Repository is empty."), "first commit"),
        ("pulls", said(422, "Draft pull requests are not supported in this repository."), "Draft"),
        ("pulls", said(403, "Repository was archived so is read-only."), "archived"),
    ],
)
async def test_a_refusal_blocks_and_quotes_github(
    github: respx.MockRouter, forge: GitHubForge, path: str, answer: httpx.Response, quoted: str
) -> None:
    github.get(REF).side_effect = [httpx.Response(404, json={})] * 3
    github.post(f"{REPO}/{path}").side_effect = [answer]

    with pytest.raises(BlockedError, match=quoted):
        await open_draft(forge)


async def test_a_branch_that_appears_meanwhile_is_taken_when_it_is_ours(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(REF).side_effect = [
        httpx.Response(404, json={}),
        httpx.Response(200, json={"object": {"sha": HEAD}}),
    ]
    github.post(f"{REPO}/git/refs").side_effect = [said(422, "Reference already exists")]

    assert await open_draft(forge) == HEAD


async def test_a_pull_request_that_appears_meanwhile_is_taken(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(f"{REPO}/pulls").side_effect = [
        httpx.Response(200, json=[]),
        httpx.Response(200, json=[pull()]),
    ]
    exists = "A pull request already exists for acme:phaseline/3-add-due-dates."
    github.post(f"{REPO}/pulls").side_effect = [said(422, "Validation Failed", exists)]

    assert await open_draft(forge) == HEAD


async def test_a_pull_request_that_is_there_and_not_listed_yet_is_looked_for_later(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(f"{REPO}/pulls").respond(200, json=[])
    exists = "A pull request already exists for acme:phaseline/3-add-due-dates."
    github.post(f"{REPO}/pulls").side_effect = [said(422, "Validation Failed", exists)]

    with pytest.raises(TransientError) as raised:
        await open_draft(forge)

    assert raised.value.after_seconds == 5


async def test_a_branch_that_is_there_and_not_shown_yet_is_looked_for_later(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(REF).respond(404, json={})
    github.post(f"{REPO}/git/refs").side_effect = [said(422, "Reference already exists")]

    with pytest.raises(TransientError) as raised:
        await open_draft(forge)

    assert raised.value.after_seconds == 5


async def test_no_commits_between_passes_when_the_branch_is_ahead(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    none = said(422, "Validation Failed", f"No commits between main and {BRANCH}")
    github.post(f"{REPO}/pulls").side_effect = [none]

    with pytest.raises(TransientError) as raised:
        await open_draft(forge)

    assert raised.value.after_seconds == 5


async def test_no_commits_between_blocks_when_the_branch_is_not_ahead(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(REF).side_effect = [
        httpx.Response(200, json={"object": {"sha": sha}}) for sha in (HEAD, BASE)
    ]
    none = said(422, "Validation Failed", f"No commits between main and {BRANCH}")
    github.post(f"{REPO}/pulls").side_effect = [none]

    with pytest.raises(BlockedError, match="No commits between"):
        await open_draft(forge)


async def test_a_pull_request_of_somebody_else_from_our_branch_blocks(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(f"{REPO}/pulls").respond(json=[pull(body="Mine.")])

    with pytest.raises(BlockedError, match="not this run's"):
        await open_draft(forge)


async def test_work_that_went_on_is_recognised_by_its_pull_request(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(f"{REPO}/git/commits/{HEAD}").respond(json=commit(HEAD, "feat: later work"))
    github.get(f"{REPO}/pulls").respond(json=[pull(state="closed", number=5), pull()])

    _, head, found = await forge.open_draft(RUN, "feat: x", "Text.")

    assert (head, found.number) == (HEAD, 8)


async def test_the_token_of_a_draft_is_for_its_repository_alone(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    """Attack 51."""
    await open_draft(forge)

    assert json.loads(github.calls[0].request.content) == {
        "repository_ids": [501],
        "permissions": {"contents": "write", "pull_requests": "write"},
    }


async def test_an_issue_that_cannot_be_read_blocks(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(f"{REPO}/issues/3/comments").respond(410, json={"message": "Issues are disabled"})

    with pytest.raises(BlockedError, match="Issues are disabled"):
        await forge.freeze_request(RUN)
