"""Where GitHub says no to a draft or to its flip, and what a person is told then."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from app.github.checkup import Checkup
from app.github.connection import GitHubConnection
from app.github.forge import GitHubForge
from app.github.naming import opening_message, run_marker
from app.github.people import People
from app.github.sweep import Sweep
from phases.core.errors import BlockedError, TransientError
from phases.core.events import Labelled
from phases.core.model import Repository, Role
from tests.app.github.parts import API, BASE, REPOSITORY, MovingClock, a_run, connected, minted
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


async def test_an_issue_that_cannot_be_read_blocks(
    github: respx.MockRouter, forge: GitHubForge
) -> None:
    github.get(f"{REPO}/issues/3/comments").respond(410, json={"message": "Issues are disabled"})

    with pytest.raises(BlockedError, match="Issues are disabled"):
        await forge.freeze_request(RUN)


@pytest.mark.parametrize(
    ("answer", "role"),
    [
        ({"permission": "write", "role_name": "maintain"}, Role.MAINTAIN),
        ({"permission": "read", "role_name": "triage"}, Role.TRIAGE),
        ({"permission": "write", "role_name": "release manager"}, Role.WRITE),
        ({"permission": "read", "role_name": "security reviewer"}, Role.READ),
        ({"permission": "write"}, Role.WRITE),
        ({"permission": "owner of everything"}, Role.NONE),
    ],
)
async def test_a_role_of_an_organisations_own_counts_as_what_it_is_built_on(
    github: respx.MockRouter,
    connection: GitHubConnection,
    answer: dict[str, Any],
    role: Role,
) -> None:
    """Attack 12."""
    who = {"user": {"id": 11, "login": "maintainer"}}
    github.get(f"{REPO}/collaborators/maintainer/permission").respond(json=answer | who)

    assert await People(connection.clients).role(REPOSITORY, RUN.labeller) is role


class Nobody:
    """Has all runs and expects no news."""

    async def answered_until(self, repository: Repository, issue: int) -> datetime | None:
        return None

    async def found(self, event: Labelled) -> None:
        raise AssertionError(event)

    async def lost(self, repository: Repository, issue: int) -> None:
        raise AssertionError(issue)

    async def has_tracker(self, repository: Repository, issue: int) -> bool:
        raise AssertionError(issue)

    async def furnish_repository(self, repository: Repository) -> None:
        raise AssertionError(repository)

    async def look_over(self) -> int:
        raise AssertionError


def tried(number: int, guid: str, status: int, moment: str = "11-02T09:00") -> dict[str, Any]:
    delivered_at = f"2026-{moment}:00Z"
    one = {"id": number, "guid": guid, "delivered_at": delivered_at, "status_code": status}
    return one | {"event": "issue_comment", "action": "created"}


class Shelf:
    """Lacks some deliveries."""

    def __init__(self, *lost: str) -> None:
        self._lost = lost

    async def lost(self, sent: Mapping[str, datetime]) -> frozenset[str]:
        return frozenset(self._lost) & sent.keys()


def sweep_of(connection: GitHubConnection, shelf: Shelf) -> Sweep:
    nobody, clock = Nobody(), MovingClock()
    several = (nobody, nobody, nobody, (nobody,))
    return Sweep(connection.clients, *several, shelf, label="x", clock=clock)


def deliveries_on_two_pages(request: httpx.Request) -> httpx.Response:
    if request.url.params.get("cursor") == "v1_7":
        early = [(6, "a", 503), (5, "c", 401)]
        rest = [tried(*each, "11-02T08:00") for each in early]
        return httpx.Response(200, json=[*rest, tried(4, "old", 503, "10-29T09:00")])
    newest = [tried(9, "a", 0), tried(8, "b", 202), tried(7, "b", 503)]
    behind = f'<{API}/app/hook/deliveries?per_page=100&cursor=v1_7>; rel="next"'
    return httpx.Response(200, json=newest, headers={"link": behind})


async def test_failed_deliveries_are_asked_for_again_once_each_the_oldest_first(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    github.get(f"{API}/app/hook/deliveries").side_effect = deliveries_on_two_pages
    again = github.post(url__regex=rf"{API}/app/hook/deliveries/\d+/attempts")
    again.side_effect = [httpx.Response(202, json={}), said(404, "Not Found"), said(404, "Gone")]
    sweep = sweep_of(connection, Shelf())

    counts = [await sweep.ask_again(), await sweep.ask_again()]

    # At the second look what lies an hour behind the first was seen already.
    assert counts == [2, 1]
    assert [str(call.request.url).split("/")[-2] for call in again.calls] == ["5", "9", "9"]


async def test_a_comment_that_was_taken_and_is_not_on_record_is_asked_for_once(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    label = {"event": "issues", "action": "labeled"}
    rows = [tried(9, "there", 202), tried(8, "lost", 202), tried(7, "label", 202) | label]
    github.get(f"{API}/app/hook/deliveries").respond(json=rows)
    again = github.post(url__regex=rf"{API}/app/hook/deliveries/\d+/attempts")
    again.respond(202, json={})
    sweep = sweep_of(connection, Shelf("lost", "label"))

    counts = [await sweep.ask_again(), await sweep.ask_again()]

    assert counts == [1, 0]
    assert [str(call.request.url).split("/")[-2] for call in again.calls] == ["8"]


async def test_everything_that_github_keeps_of_its_deliveries_can_be_looked_at(
    github: respx.MockRouter, connection: GitHubConnection
) -> None:
    def seen(request: httpx.Request) -> httpx.Response:
        answer = deliveries_on_two_pages(request)
        more = {"status": "OK", "duration": 0.1, "redelivery": False}
        rows = [row | more for row in answer.json()]
        return httpx.Response(200, json=rows, headers=dict(answer.headers) | {"x": "y"})

    github.get(f"{API}/app/hook/deliveries").side_effect = seen
    checkup = Checkup(connection.clients)

    newest, kept = await checkup.deliveries(), await checkup.all_deliveries()

    assert [one.id for one in newest] == [9, 8, 7]
    assert [one.id for one in kept] == [9, 8, 7, 6, 5, 4]
