from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.github.receiver import Receiver
from tests.rehearsal.github.spec import check_payload
from tests.rehearsal.github.standin import APP_ID, SECRET, Standin, running
from tests.rehearsal.github.test_git_data import commit_on, head_of
from tests.rehearsal.github.test_issues import REPO, open_issue
from tests.rehearsal.github.test_pulls import READY, open_pull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def standin(tmp_path: Path, source: Path, key: Path, receiver: Receiver) -> Iterator[Standin]:
    with running(tmp_path / "github", source, key, receiver.url) as made:
        receiver.wait_for(2)
        receiver.received.clear()
        yield made


def test_a_new_app_is_greeted_and_told_of_its_installation(
    tmp_path: Path, source: Path, key: Path, receiver: Receiver
) -> None:
    with running(tmp_path / "other", source, key, receiver.url):
        received = receiver.wait_for(2)

    assert sorted(item.name for item in received) == ["installation.created", "ping"]
    for item in received:
        check_payload(item.event, item.payload)


def test_a_delivery_is_signed_and_carries_githubs_headers(
    standin: Standin, receiver: Receiver
) -> None:
    """docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers."""
    open_issue(standin.person("maintainer"))

    delivery = receiver.wait_for(1)[0]

    signature = hmac.new(SECRET.encode(), delivery.raw, hashlib.sha256).hexdigest()
    assert delivery.headers["X-Hub-Signature-256"] == f"sha256={signature}"
    assert delivery.headers["X-GitHub-Event"] == "issues"
    assert delivery.headers["X-GitHub-Hook-ID"] == str(APP_ID)
    assert delivery.headers["X-GitHub-Hook-Installation-Target-ID"] == str(APP_ID)
    assert delivery.headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert delivery.headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert len(delivery.headers["X-GitHub-Delivery"]) == 36
    assert delivery.payload["sender"]["login"] == "maintainer"
    assert delivery.payload["repository"]["full_name"] == "acme/pocket"
    assert delivery.payload["installation"]["id"] == standin.summary["app"]["installation_id"]


def test_every_label_is_announced_on_its_own_also_at_opening(
    standin: Standin, receiver: Receiver
) -> None:
    """docs.github.com/webhooks/webhook-events-and-payloads#issues: `labeled` carries the one
    label.
    """
    maintainer = standin.person("maintainer")
    issue = open_issue(maintainer, labels=["bug", "question"])
    maintainer.post(f"{REPO}/issues/{issue['number']}/labels", json={"labels": ["help wanted"]})

    received = receiver.wait_for(4)

    labelled = [item.payload["label"]["name"] for item in received if item.name == "issues.labeled"]
    assert sorted(item.name for item in received) == ["issues.labeled"] * 3 + ["issues.opened"]
    assert sorted(labelled) == ["bug", "help wanted", "question"]
    for item in received:
        check_payload(item.event, item.payload)


def test_events_of_a_pull_requests_life_fit_githubs_schemas(
    standin: Standin, receiver: Receiver
) -> None:
    token = standin.mint()
    app, maintainer = standin.client(token), standin.person("maintainer")
    pull = open_pull(app, "topic", draft=True)
    url = f"{REPO}/pulls/{pull['number']}"
    sha = commit_on(app, pull["head"]["sha"], "more.py", "# more\n")["sha"]
    app.patch(f"{REPO}/git/refs/heads/topic", json={"sha": sha})
    app.post(f"{REPO}/check-runs", json={"name": "tests", "head_sha": sha, "conclusion": "success"})
    app.post(f"{REPO}/issues/{pull['number']}/comments", json={"body": "Hello"})
    app.post(f"{url}/requested_reviewers", json={"reviewers": ["maintainer"]})
    standin.graphql(token, READY, id=pull["node_id"])
    remark = {"path": "more.py", "line": 1, "body": "Here"}
    maintainer.post(f"{url}/reviews", json={"event": "APPROVE", "comments": [remark]})
    maintainer.patch(url, json={"state": "closed"})
    expected = [
        "push",
        "pull_request.opened",
        "push",
        "pull_request.synchronize",
        "check_run.created",
        "check_run.completed",
        "issue_comment.created",
        "pull_request.review_requested",
        "pull_request.ready_for_review",
        "pull_request_review.submitted",
        "pull_request_review_comment.created",
        "pull_request.closed",
    ]

    received = receiver.wait_for(len(expected))

    assert sorted(item.name for item in received) == sorted(expected)
    for item in received:
        check_payload(item.event, item.payload)
    moved = receiver.wait_for_name("pull_request.synchronize").payload
    assert (moved["before"], moved["after"]) == (pull["head"]["sha"], sha)
    assert moved["pull_request"]["head"]["sha"] == sha


def test_nothing_is_sent_for_events_the_app_did_not_ask_for(
    standin: Standin, receiver: Receiver
) -> None:
    maintainer = standin.person("maintainer")
    maintainer.post(f"{REPO}/labels", json={"name": "silent", "color": "000000"})
    open_issue(maintainer)

    received = receiver.wait_for(1)

    assert [item.name for item in received] == ["issues.opened"]


def test_deliveries_are_logged_and_redelivered_under_the_same_guid(
    standin: Standin, receiver: Receiver
) -> None:
    """docs.github.com/rest/apps/webhooks#redeliver-a-delivery-for-an-app-webhook; failed ones are
    not sent again.
    """
    receiver.status = 500
    open_issue(standin.person("maintainer"))
    guid = receiver.wait_for(1)[0].headers["X-GitHub-Delivery"]
    app = standin.app()
    failed = wait_for_log(standin, guid, 1)[0]
    receiver.status = 202

    again = app.post(f"/app/hook/deliveries/{failed['id']}/attempts")
    receiver.wait_for(2)
    entries = wait_for_log(standin, guid, 2)
    one = app.get(f"/app/hook/deliveries/{entries[0]['id']}").json()

    assert again.status_code == 202
    assert (failed["status_code"], failed["redelivery"]) == (500, False)
    assert (entries[0]["status_code"], entries[0]["redelivery"], entries[0]["status"]) == (
        202,
        True,
        "OK",
    )
    assert receiver.received[1].headers["X-GitHub-Delivery"] == guid
    assert receiver.received[0].raw == receiver.received[1].raw
    assert one["request"]["headers"]["X-GitHub-Delivery"] == guid
    assert one["response"]["payload"] == "ok"
    assert app.get("/app/hook/deliveries/1").status_code == 404


def wait_for_log(standin: Standin, guid: str, count: int) -> list[dict[str, object]]:
    """Read the delivery log until the answers of this delivery are written down."""
    app = standin.app()
    for _ in range(200):
        rows = [row for row in app.get("/app/hook/deliveries").json() if row["guid"] == guid]
        if len(rows) >= count:
            return rows
    raise AssertionError("the log does not show the delivery")


def test_a_receiver_that_is_not_there_is_logged(standin: Standin, receiver: Receiver) -> None:
    app = standin.app()
    config = app.patch("/app/hook/config", json={"url": "http://127.0.0.1:1/nowhere"}).json()
    open_issue(standin.person("maintainer"))

    newest = None
    for _ in range(200):
        newest = app.get("/app/hook/deliveries", params={"per_page": 1}).json()[0]
        if newest["event"] == "issues":
            break

    assert config["url"] == "http://127.0.0.1:1/nowhere"
    assert newest
    assert (newest["status"], newest["status_code"]) == ("failed to connect to host", 0)
    assert app.get("/app/hook/config").json()["secret"] == "********"


def test_the_delivery_log_is_paged_by_cursor(standin: Standin, receiver: Receiver) -> None:
    open_issue(standin.person("maintainer"), labels=["bug", "question"])
    receiver.wait_for(3)
    app = standin.app()
    guids = {item.headers["X-GitHub-Delivery"] for item in receiver.received}
    for guid in guids:
        wait_for_log(standin, guid, 1)

    first = app.get("/app/hook/deliveries", params={"per_page": 2})
    second = app.get(first.links["next"]["url"]).json()

    assert len(first.json()) == 2
    assert second[0]["id"] < first.json()[-1]["id"]


def test_a_push_to_the_base_of_a_merged_branch_closes_the_pull_request(
    standin: Standin, receiver: Receiver
) -> None:
    app = standin.installation()
    pull = open_pull(app, "landed")

    app.patch(f"{REPO}/git/refs/heads/main", json={"sha": pull["head"]["sha"]})
    after = app.get(f"{REPO}/pulls/{pull['number']}").json()

    assert head_of(app) == pull["head"]["sha"]
    assert (after["state"], after["merged"]) == ("closed", True)
    receiver.wait_for_name("pull_request.closed")
