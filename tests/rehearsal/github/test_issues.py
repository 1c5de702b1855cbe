from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.rehearsal.github.standin import Standin

REPO = "/repos/acme/pocket"


def open_issue(client: httpx.Client, **body: object) -> dict[str, Any]:
    answer = client.post(f"{REPO}/issues", json={"title": "Add division", **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_issue_is_opened_read_listed_edited_closed_and_reopened(standin: Standin) -> None:
    maintainer = standin.person("maintainer")

    issue = open_issue(maintainer, body="Please.", labels=["bug", "brand new"])
    url = f"{REPO}/issues/{issue['number']}"

    assert [label["name"] for label in issue["labels"]] == ["bug", "brand new"]
    assert issue["user"]["login"] == "maintainer"
    assert maintainer.get(url).json()["body"] == "Please."
    listed = maintainer.get(f"{REPO}/issues", params={"labels": "bug,brand new"}).json()
    assert [row["number"] for row in listed] == [issue["number"]]
    edited = maintainer.patch(url, json={"title": "Add modulo", "body": None}).json()
    assert (edited["title"], edited["body"]) == ("Add modulo", None)
    closed = maintainer.patch(url, json={"state": "closed", "state_reason": "not_planned"}).json()
    assert (closed["state"], closed["state_reason"]) == ("closed", "not_planned")
    assert closed["closed_by"]["login"] == "maintainer"
    reopened = maintainer.patch(url, json={"state": "open"}).json()
    assert (reopened["state"], reopened["state_reason"]) == ("open", "reopened")


def test_labels_go_on_once_and_come_off_and_the_events_name_actor_and_time(
    standin: Standin,
) -> None:
    triager, maintainer = standin.person("triager"), standin.person("maintainer")
    url = f"{REPO}/issues/{open_issue(maintainer)['number']}"

    triager.post(f"{url}/labels", json={"labels": ["bug"]})
    again = triager.post(f"{url}/labels", json={"labels": ["BUG", "question"]}).json()
    left = triager.delete(f"{url}/labels/bug").json()
    events = maintainer.get(f"{url}/events").json()

    assert [label["name"] for label in again] == ["bug", "question"]
    assert [label["name"] for label in left] == ["question"]
    said = [(event["event"], event["label"]["name"], event["actor"]["login"]) for event in events]
    assert said == [
        ("labeled", "bug", "triager"),
        ("labeled", "question", "triager"),
        ("unlabeled", "bug", "triager"),
    ]
    assert all(event["created_at"].endswith("Z") for event in events)
    assert maintainer.get(f"{url}/labels").json() == left
    assert triager.delete(f"{url}/labels/bug").json()["message"] == "Label does not exist"


def test_a_reader_may_comment_but_not_label(standin: Standin) -> None:
    reader, maintainer = standin.person("reader"), standin.person("maintainer")
    url = f"{REPO}/issues/{open_issue(maintainer)['number']}"

    comment = reader.post(f"{url}/comments", json={"body": "I want this too."})
    label = reader.post(f"{url}/labels", json={"labels": ["bug"]})

    assert comment.status_code == 201
    assert label.status_code == 403


def test_labels_of_somebody_who_may_not_triage_are_dropped_silently(standin: Standin) -> None:
    """docs.github.com/rest/issues/issues#create-an-issue: "Labels are silently dropped
    otherwise".
    """
    issue = open_issue(standin.person("reader"), labels=["bug"])

    assert issue["labels"] == []


def test_comments_are_written_changed_listed_and_deleted_for_good(standin: Standin) -> None:
    app, maintainer = standin.installation(), standin.person("maintainer")
    url = f"{REPO}/issues/{open_issue(maintainer)['number']}"

    first = app.post(f"{url}/comments", json={"body": "First"}).json()
    second = maintainer.post(f"{url}/comments", json={"body": "Second"}).json()
    changed = app.patch(
        f"{REPO}/issues/comments/{first['id']}", json={"body": "First, edited"}
    ).json()
    deleted = maintainer.delete(f"{REPO}/issues/comments/{second['id']}")
    gone = maintainer.get(f"{REPO}/issues/comments/{second['id']}")
    third = maintainer.post(f"{url}/comments", json={"body": "Third"}).json()

    assert first["user"]["login"] == "phaseline[bot]"
    assert first["user"]["type"] == "Bot"
    assert first["performed_via_github_app"]["slug"] == "phaseline"
    assert changed["body"] == "First, edited"
    assert (deleted.status_code, gone.status_code) == (204, 404)
    assert third["id"] > second["id"]
    assert [row["body"] for row in app.get(f"{url}/comments").json()] == ["First, edited", "Third"]


def test_only_the_author_or_a_writer_changes_a_comment(standin: Standin) -> None:
    reader, writer, maintainer = (
        standin.person(name) for name in ("reader", "writer", "maintainer")
    )
    url = f"{REPO}/issues/{open_issue(maintainer)['number']}"
    posted = maintainer.post(f"{url}/comments", json={"body": "x"}).json()
    comment = f"{REPO}/issues/comments/{posted['id']}"

    assert reader.patch(comment, json={"body": "y"}).status_code == 403
    assert writer.patch(comment, json={"body": "z"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("x" * 65_537, "Body is too long (maximum is 65536 characters)"),
        ("  \n", "Body cannot be blank"),
    ],
)
def test_a_comment_over_the_limit_or_blank_is_refused_with_githubs_error(
    standin: Standin, body: str, fault: str
) -> None:
    """docs.github.com/rest/issues/comments#create-an-issue-comment (422); the words as in
    telia-oss/github-pr-resource#259.
    """
    maintainer = standin.person("maintainer")
    number = open_issue(maintainer)["number"]

    answer = maintainer.post(f"{REPO}/issues/{number}/comments", json={"body": body})

    assert answer.status_code == 422
    assert answer.json()["message"] == "Validation Failed"
    assert answer.json()["errors"][0]["message"] == fault
    assert maintainer.get(f"{REPO}/issues/{number}/comments").json() == []


def test_a_comment_of_exactly_the_limit_is_taken(standin: Standin) -> None:
    maintainer = standin.person("maintainer")
    number = open_issue(maintainer)["number"]

    answer = maintainer.post(f"{REPO}/issues/{number}/comments", json={"body": "x" * 65_536})

    assert answer.status_code == 201


def test_an_issue_whose_body_is_too_long_is_refused(standin: Standin) -> None:
    """docs.github.com/rest/issues/issues#create-an-issue (422)."""
    answer = standin.person("maintainer").post(
        f"{REPO}/issues", json={"title": "Long", "body": "x" * 65_537}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "body is too long (maximum is 65536 characters)"


def test_a_request_without_its_member_or_with_another_type_or_not_json_is_refused(
    standin: Standin,
) -> None:
    """docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api: validation failed,
    problems parsing JSON.
    """
    maintainer = standin.person("maintainer")

    missing = maintainer.post(f"{REPO}/issues", json={})
    mistyped = maintainer.post(f"{REPO}/issues", json={"title": ["a"]})
    broken = maintainer.post(f"{REPO}/issues", content=b"{")
    listed = maintainer.post(f"{REPO}/issues", content=b"[]")

    assert (missing.status_code, missing.json()["message"]) == (
        422,
        'Invalid request.\n\n"title" wasn\'t supplied.',
    )
    assert "is not a string" in mistyped.json()["message"]
    assert (broken.status_code, broken.json()["message"]) == (400, "Problems parsing JSON")
    assert listed.status_code == 400


def test_a_reaction_is_one_per_person_and_kind_and_is_counted(standin: Standin) -> None:
    app, maintainer = standin.installation(), standin.person("maintainer")
    number = open_issue(maintainer)["number"]
    comment = maintainer.post(f"{REPO}/issues/{number}/comments", json={"body": "x"}).json()["id"]

    first = app.post(f"{REPO}/issues/{number}/reactions", json={"content": "eyes"})
    second = app.post(f"{REPO}/issues/{number}/reactions", json={"content": "eyes"})
    third = maintainer.post(f"{REPO}/issues/{number}/reactions", json={"content": "eyes"})
    on_comment = app.post(f"{REPO}/issues/comments/{comment}/reactions", json={"content": "rocket"})
    unknown = app.post(f"{REPO}/issues/{number}/reactions", json={"content": "party"})

    assert [r.status_code for r in (first, second, third, on_comment, unknown)] == [
        201,
        200,
        201,
        201,
        422,
    ]
    assert first.json()["id"] == second.json()["id"]
    assert maintainer.get(f"{REPO}/issues/{number}").json()["reactions"]["eyes"] == 2
    assert maintainer.get(f"{REPO}/issues/comments/{comment}").json()["reactions"]["rocket"] == 1
    removed = app.delete(f"{REPO}/issues/{number}/reactions/{first.json()['id']}")
    assert removed.status_code == 204
    assert len(maintainer.get(f"{REPO}/issues/{number}/reactions").json()) == 1


def test_the_timeline_holds_comments_and_events_in_order(standin: Standin) -> None:
    maintainer = standin.person("maintainer")
    url = f"{REPO}/issues/{open_issue(maintainer, labels=['bug'])['number']}"
    maintainer.post(f"{url}/comments", json={"body": "Hello"})
    maintainer.patch(url, json={"title": "Another title"})
    maintainer.patch(url, json={"state": "closed"})

    timeline = maintainer.get(f"{url}/timeline").json()

    assert [row["event"] for row in timeline] == ["labeled", "commented", "renamed", "closed"]


def test_labels_are_made_changed_and_deleted(standin: Standin) -> None:
    writer = standin.person("writer")

    made = writer.post(
        f"{REPO}/labels", json={"name": "phaseline", "color": "5319E7", "description": "Go"}
    )
    again = writer.post(f"{REPO}/labels", json={"name": "Phaseline", "color": "5319e7"})
    changed = writer.patch(
        f"{REPO}/labels/phaseline", json={"new_name": "area/core", "color": "000000"}
    )
    read = writer.get(f"{REPO}/labels/area%2Fcore")
    deleted = writer.delete(f"{REPO}/labels/area%2Fcore")

    assert (made.status_code, made.json()["color"]) == (201, "5319e7")
    assert again.json()["errors"] == [
        {"resource": "Label", "code": "already_exists", "field": "name"}
    ]
    assert changed.json()["name"] == "area/core"
    assert read.status_code == 200
    assert deleted.status_code == 204
    assert writer.get(f"{REPO}/labels/area%2Fcore").status_code == 404


def test_a_label_with_an_invalid_color_is_refused(standin: Standin) -> None:
    """docs.github.com/rest/issues/labels#create-a-label: six hexadecimal digits, without the
    leading #.
    """
    answer = standin.person("writer").post(f"{REPO}/labels", json={"name": "x", "color": "#ff0000"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"resource": "Label", "code": "invalid", "field": "color"}]


def test_lists_are_paged_with_links(standin: Standin) -> None:
    maintainer = standin.person("maintainer")
    number = open_issue(maintainer)["number"]
    for index in range(5):
        maintainer.post(f"{REPO}/issues/{number}/comments", json={"body": f"comment {index}"})

    first = maintainer.get(f"{REPO}/issues/{number}/comments", params={"per_page": 2})
    last = maintainer.get(first.links["last"]["url"])

    assert [row["body"] for row in first.json()] == ["comment 0", "comment 1"]
    assert set(first.links) == {"next", "last"}
    assert [row["body"] for row in last.json()] == ["comment 4"]
    assert set(last.links) == {"first", "prev"}


def test_an_unchanged_answer_is_304_for_its_etag(standin: Standin) -> None:
    maintainer = standin.person("maintainer")
    url = f"{REPO}/issues/{open_issue(maintainer)['number']}"
    etag = maintainer.get(url).headers["etag"]

    same = maintainer.get(url, headers={"If-None-Match": etag})
    maintainer.post(f"{url}/comments", json={"body": "x"})
    other = maintainer.get(url, headers={"If-None-Match": etag})

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200
