from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal.github.test_git_data import REPO, head_of
from tests.rehearsal.github.test_pulls import open_pull

if TYPE_CHECKING:
    from tests.rehearsal.github.standin import Standin


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
    placeless = {"title": "t", "summary": "s", "annotations": [remark | {"path": ""}]}
    pathless = app.post(
        f"{REPO}/check-runs", json={"name": "x", "head_sha": sha, "output": placeless}
    )
    unfinished = app.post(
        f"{REPO}/check-runs", json={"name": "x", "head_sha": sha, "status": "completed"}
    )
    nowhere = app.post(f"{REPO}/check-runs", json={"name": "x", "head_sha": "1" * 40})
    person = standin.person("maintainer").post(
        f"{REPO}/check-runs", json={"name": "x", "head_sha": sha}
    )

    refused = (many, long, pathless, unfinished, nowhere)
    assert [answer.status_code for answer in refused] == [422] * 5
    assert person.status_code == 403
