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
    invalid = standin.graphql(token, "{ nothing }").json()

    assert found["pullRequest"] == {"id": pull["node_id"], "isDraft": True}
    assert node.json()["data"]["node"] == {"__typename": "PullRequest", "number": pull["number"]}
    assert viewer["data"]["viewer"]["login"] == "phaseline[bot]"
    assert missing["errors"][0]["type"] == "NOT_FOUND"
    assert stranger["errors"][0]["type"] == "NOT_FOUND"
    assert "data" not in invalid
    assert standin.graphql("ghp_nobody", "{ viewer { login } }").status_code == 401


def test_reviews_are_asked_of_collaborators_only(standin: Standin) -> None:
    """docs.github.com/rest/pulls/review-requests#request-reviewers-for-a-pull-request (422)."""
    app = standin.installation()
    url = f"{REPO}/pulls/{open_pull(app, 'asked')['number']}/requested_reviewers"

    asked = app.post(url, json={"reviewers": ["maintainer"]})
    stranger = app.post(url, json={"reviewers": ["stranger"]})
    unknown = app.post(url, json={"reviewers": ["nobody-at-all"]})

    assert [row["login"] for row in asked.json()["requested_reviewers"]] == ["maintainer"]
    assert (stranger.status_code, unknown.status_code) == (422, 422)
    assert "Reviews may only be requested from collaborators" in stranger.json()["message"]
    assert [row["login"] for row in app.get(url).json()["users"]] == ["maintainer"]


def test_an_author_is_not_asked_for_a_review(standin: Standin) -> None:
    """docs.github.com/rest/pulls/review-requests#request-reviewers-for-a-pull-request (422)."""
    writer = standin.person("writer")
    url = f"{REPO}/pulls/{open_pull(writer, 'own')['number']}/requested_reviewers"

    answer = writer.post(url, json={"reviewers": ["writer"]})

    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "Review cannot be requested from pull request author.",
    )


def test_a_review_with_a_line_comment_is_submitted_answered_and_listed(standin: Standin) -> None:
    app, maintainer = standin.installation(), standin.person("maintainer")
    pull = open_pull(app, "reviewed")
    url = f"{REPO}/pulls/{pull['number']}"
    remark = {"path": "feature.py", "line": 1, "side": "RIGHT", "body": "Name it better."}

    review = maintainer.post(
        f"{url}/reviews", json={"body": "Nearly", "event": "REQUEST_CHANGES", "comments": [remark]}
    )
    comments = app.get(f"{url}/comments").json()
    reply = app.post(f"{url}/comments/{comments[0]['id']}/replies", json={"body": "Done."}).json()

    assert review.json()["state"] == "CHANGES_REQUESTED"
    assert comments[0]["diff_hunk"] == "@@ -0,0 +1 @@\n+# reviewed"
    assert reply["in_reply_to_id"] == comments[0]["id"]
    assert [row["state"] for row in app.get(f"{url}/reviews").json()] == [
        "CHANGES_REQUESTED",
        "COMMENTED",
    ]
    assert app.get(f"{url}/reviews/{review.json()['id']}").json()["body"] == "Nearly"


def test_a_pending_review_is_seen_by_its_author_until_it_is_submitted(standin: Standin) -> None:
    app, maintainer = standin.installation(), standin.person("maintainer")
    url = f"{REPO}/pulls/{open_pull(app, 'pending')['number']}"

    pending = maintainer.post(f"{url}/reviews", json={"body": "Hm"}).json()
    hidden = app.get(f"{url}/reviews").json()
    submitted = maintainer.post(f"{url}/reviews/{pending['id']}/events", json={"event": "APPROVE"})
    again = maintainer.post(f"{url}/reviews/{pending['id']}/events", json={"event": "APPROVE"})

    assert (pending["state"], hidden) == ("PENDING", [])
    assert submitted.json()["state"] == "APPROVED"
    assert again.status_code == 422


def test_a_review_outside_the_diff_or_of_ones_own_work_is_refused(standin: Standin) -> None:
    """docs.github.com/rest/pulls/reviews#create-a-review-for-a-pull-request (422)."""
    app, maintainer = standin.installation(), standin.person("maintainer")
    url = f"{REPO}/pulls/{open_pull(app, 'outside')['number']}"
    remark = {"path": "feature.py", "line": 77, "body": "Here?"}

    outside = maintainer.post(
        f"{url}/reviews", json={"event": "COMMENT", "body": "x", "comments": [remark]}
    )
    own = app.post(f"{url}/reviews", json={"event": "APPROVE"})
    blank = maintainer.post(f"{url}/reviews", json={"event": "COMMENT"})

    assert [answer.status_code for answer in (outside, own, blank)] == [422, 422, 422]
    assert app.get(f"{url}/reviews").json() == []


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


def test_check_runs_are_created_updated_and_listed_for_a_commit(standin: Standin) -> None:
    app = standin.installation()
    sha = open_pull(app, "checked")["head"]["sha"]
    remark = {
        "path": "feature.py",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "warning",
        "message": "Hm",
    }

    made = app.post(
        f"{REPO}/check-runs", json={"name": "tests", "head_sha": sha, "status": "in_progress"}
    ).json()
    output = {"title": "2 passed", "summary": "All **good**", "annotations": [remark]}
    done = app.patch(
        f"{REPO}/check-runs/{made['id']}", json={"conclusion": "success", "output": output}
    ).json()
    listed = app.get(f"{REPO}/commits/checked/check-runs").json()

    assert (done["status"], done["conclusion"], done["output"]["annotations_count"]) == (
        "completed",
        "success",
        1,
    )
    assert [row["name"] for row in listed["check_runs"]] == ["tests"]
    assert app.get(f"{REPO}/check-runs/{made['id']}/annotations").json()[0]["message"] == "Hm"
    assert done["pull_requests"][0]["head"]["ref"] == "checked"


def test_check_runs_that_break_the_limits_are_refused(standin: Standin) -> None:
    """docs.github.com/rest/checks/runs#create-a-check-run: 50 annotations a request, 65535
    characters; Apps only.
    """
    app = standin.installation()
    sha = head_of(app)
    remark = {
        "path": "a",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "notice",
        "message": "m",
    }

    many = app.post(
        f"{REPO}/check-runs",
        json={
            "name": "x",
            "head_sha": sha,
            "output": {"title": "t", "summary": "s", "annotations": [remark] * 51},
        },
    )
    long = app.post(
        f"{REPO}/check-runs",
        json={"name": "x", "head_sha": sha, "output": {"title": "t", "summary": "s" * 65_536}},
    )
    unfinished = app.post(
        f"{REPO}/check-runs", json={"name": "x", "head_sha": sha, "status": "completed"}
    )
    nowhere = app.post(f"{REPO}/check-runs", json={"name": "x", "head_sha": "1" * 40})
    person = standin.person("maintainer").post(
        f"{REPO}/check-runs", json={"name": "x", "head_sha": sha}
    )

    assert [answer.status_code for answer in (many, long, unfinished, nowhere)] == [422] * 4
    assert person.status_code == 403
