from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.github.test_git_data import REPO, commit_on, head_of

if TYPE_CHECKING:
    import httpx

    from tests.rehearsal.github.standin import Standin

READY = """mutation($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { id isDraft } }
}"""
DRAFT = """mutation($id: ID!) {
  convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } }
}"""
PULL = """query($n: Int!) {
  repository(owner: "acme", name: "pocket") { id pullRequest(number: $n) { id isDraft } }
}"""


def branch_with_commit(client: httpx.Client, name: str, path: str = "feature.py") -> str:
    sha: str = commit_on(client, head_of(client), path, f"# {name}\n")["sha"]
    answer = client.post(f"{REPO}/git/refs", json={"ref": f"refs/heads/{name}", "sha": sha})
    assert answer.status_code == 201, answer.text
    return sha


def open_pull(client: httpx.Client, branch: str, **more: object) -> dict[str, Any]:
    branch_with_commit(client, branch)
    body = {"title": f"Add {branch}", "head": branch, "base": "main", "body": "Why.", **more}
    answer = client.post(f"{REPO}/pulls", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_draft_is_opened_found_by_its_head_and_edited(standin: Standin) -> None:
    app = standin.installation()

    pull = open_pull(app, "phaseline/1-draft", draft=True)
    url = f"{REPO}/pulls/{pull['number']}"
    found = app.get(f"{REPO}/pulls", params={"head": "acme:phaseline/1-draft"}).json()
    edited = app.patch(url, json={"body": "Because."}).json()

    assert (pull["draft"], pull["mergeable_state"], pull["commits"]) == (True, "draft", 1)
    assert pull["user"]["login"] == "phaseline[bot]"
    assert [row["number"] for row in found] == [pull["number"]]
    assert edited["body"] == "Because."
    assert [row["filename"] for row in app.get(f"{url}/files").json()] == ["feature.py"]
    assert len(app.get(f"{url}/commits").json()) == 1
    assert app.get(f"{REPO}/issues/{pull['number']}").json()["pull_request"]["url"].endswith(url)


def test_a_pull_request_without_commits_is_refused(standin: Standin) -> None:
    """docs.github.com/rest/pulls/pulls#create-a-pull-request (422); the sentence is the one
    clients report.
    """
    app = standin.installation()
    app.post(f"{REPO}/git/refs", json={"ref": "refs/heads/empty", "sha": head_of(app)})

    answer = app.post(f"{REPO}/pulls", json={"title": "x", "head": "empty", "base": "main"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "resource": "PullRequest",
            "code": "custom",
            "message": "No commits between main and empty",
        }
    ]


def test_a_second_pull_request_of_the_same_branch_is_refused(standin: Standin) -> None:
    """docs.github.com/rest/pulls/pulls#create-a-pull-request (422)."""
    app = standin.installation()
    open_pull(app, "twice")

    answer = app.post(f"{REPO}/pulls", json={"title": "x", "head": "acme:twice", "base": "main"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "A pull request already exists for acme:twice."


@pytest.mark.parametrize(
    ("head", "base", "field"), [("nowhere", "main", "head"), ("main", "nowhere", "base")]
)
def test_a_pull_request_of_an_unknown_branch_is_refused(
    standin: Standin, head: str, base: str, field: str
) -> None:
    """docs.github.com/rest/pulls/pulls#create-a-pull-request (422): code `invalid`."""
    answer = standin.installation().post(
        f"{REPO}/pulls", json={"title": "x", "head": head, "base": base}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"resource": "PullRequest", "code": "invalid", "field": field}
    ]


def test_a_draft_becomes_ready_once_and_a_draft_again_once(standin: Standin) -> None:
    """docs.github.com/graphql/reference/mutations#markpullrequestreadyforreview; GraphQL errors
    come with status 200.
    """
    token = standin.mint()
    app = standin.client(token)
    pull = open_pull(app, "flip", draft=True)

    ready = standin.graphql(token, READY, id=pull["node_id"])
    again = standin.graphql(token, READY, id=pull["node_id"])
    now = app.get(f"{REPO}/pulls/{pull['number']}").json()["draft"]
    draft = standin.graphql(token, DRAFT, id=pull["node_id"])
    twice = standin.graphql(token, DRAFT, id=pull["node_id"])

    assert ready.json()["data"]["markPullRequestReadyForReview"]["pullRequest"]["isDraft"] is False
    assert (again.status_code, again.json()["errors"][0]["type"]) == (200, "UNPROCESSABLE")
    assert now is False
    assert draft.json()["data"]["convertPullRequestToDraft"]["pullRequest"]["isDraft"] is True
    assert "errors" in twice.json()


def test_the_flip_needs_both_permissions(standin: Standin) -> None:
    """Undocumented by GitHub; Apps report that `pull_requests: write` alone is answered
    FORBIDDEN.
    """
    pull = open_pull(standin.installation(), "flip-permission", draft=True)
    token = standin.mint(permissions={"pull_requests": "write"})

    answer = standin.graphql(token, READY, id=pull["node_id"])

    assert answer.status_code == 200
    assert answer.json()["errors"][0]["type"] == "FORBIDDEN"
    assert answer.json()["errors"][0]["message"] == "Resource not accessible by integration"


def test_graphql_reads_nodes_and_says_what_it_cannot_find(standin: Standin) -> None:
    """docs.github.com/graphql/guides/forming-calls-with-graphql: errors stand beside the data."""
    token = standin.mint()
    pull = open_pull(standin.client(token), "graphql", draft=True)

    found = standin.graphql(token, PULL, n=pull["number"]).json()["data"]["repository"]
    node = standin.graphql(
        token,
        "query($id: ID!) { node(id: $id) { __typename ... on PullRequest { number } } }",
        id=pull["node_id"],
    )
    viewer = standin.graphql(token, "{ viewer { login } }").json()
    missing = standin.graphql(token, PULL, n=99999).json()
    stranger = standin.graphql(standin.token_of("stranger"), PULL, n=pull["number"]).json()
    invalid = standin.graphql(standin.token_of("maintainer"), "{ nothing }").json()

    assert found["pullRequest"] == {"id": pull["node_id"], "isDraft": True}
    assert node.json()["data"]["node"] == {"__typename": "PullRequest", "number": pull["number"]}
    assert viewer["data"]["viewer"]["login"] == "phaseline[bot]"
    assert missing["errors"][0]["type"] == "NOT_FOUND"
    assert stranger["errors"][0]["type"] == "NOT_FOUND"
    assert "data" not in invalid
    assert standin.graphql("ghp_nobody", "{ viewer { login } }").status_code == 401


def test_a_draft_is_not_merged_and_a_ready_one_is(standin: Standin) -> None:
    """docs.github.com/rest/pulls/pulls#merge-a-pull-request (405 when it cannot be merged)."""
    token = standin.mint()
    app = standin.client(token)
    pull = open_pull(app, "merged", draft=True)
    url = f"{REPO}/pulls/{pull['number']}"

    early = app.put(f"{url}/merge", json={})
    unmerged = app.get(f"{url}/merge").status_code
    standin.graphql(token, READY, id=pull["node_id"])
    merged = app.put(f"{url}/merge", json={"sha": pull["head"]["sha"]}).json()
    after = app.get(url).json()

    assert (early.status_code, early.json()["message"]) == (405, "Pull Request is still a draft")
    assert (unmerged, app.get(f"{url}/merge").status_code) == (404, 204)
    assert head_of(app) == merged["sha"]
    assert (after["merged"], after["state"], after["merge_commit_sha"]) == (
        True,
        "closed",
        merged["sha"],
    )


def test_a_pull_request_whose_branch_is_deleted_is_closed_and_stays(standin: Standin) -> None:
    app = standin.installation()
    pull = open_pull(app, "deleted")
    url = f"{REPO}/pulls/{pull['number']}"

    app.delete(f"{REPO}/git/refs/heads/deleted")
    closed = app.get(url).json()
    reopened = app.patch(url, json={"state": "open"})

    assert (closed["state"], closed["head"]["sha"]) == ("closed", pull["head"]["sha"])
    assert reopened.status_code == 422
