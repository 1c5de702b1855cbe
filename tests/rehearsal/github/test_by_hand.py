"""What people do by hand on the stand-in's pages, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal.github.browser import Browser
from tests.rehearsal.github.standin import REPOSITORY
from tests.rehearsal.github.test_git_data import REPO
from tests.rehearsal.github.test_issues import open_issue
from tests.rehearsal.github.test_pulls import open_pull

if TYPE_CHECKING:
    from tests.rehearsal.github.standin import Standin


def test_an_issue_is_opened_labelled_discussed_and_closed_by_hand(
    standin: Standin, browser: Browser
) -> None:
    opened = browser.send(
        f"/{REPOSITORY}/issues", title="By hand", body="One\r\nTwo", labels=["bug"]
    )
    page = opened.url.path
    browser.send(f"{page}/label", label="question")
    browser.send(f"{page}/label", label="bug")
    browser.send(f"{page}/react", content="heart")
    browser.send(f"{page}/comment", body="A **word**", action="comment")
    browser.send(f"{page}/edit", title="By hand, edited", body="Three")
    browser.send(f"{page}/comment", body="", action="close")

    issue = standin.person("maintainer").get(f"{REPO}/issues/{page.rpartition('/')[2]}").json()
    text = browser.read(page)

    assert (issue["title"], issue["body"]) == ("By hand, edited", "Three")
    assert [label["name"] for label in issue["labels"]] == ["question"]
    assert (issue["state"], issue["comments"], issue["reactions"]["heart"]) == ("closed", 1, 1)
    assert "<strong>word</strong>" in text


def test_a_comment_is_changed_and_deleted_by_hand(standin: Standin, browser: Browser) -> None:
    number = open_issue(standin.person("maintainer"))["number"]
    url = f"{REPO}/issues/{number}/comments"
    first, second = (
        standin.person("maintainer").post(url, json={"body": body}).json()["id"]
        for body in ("1", "2")
    )

    browser.send(f"/{REPOSITORY}/comments/{first}", body="changed", action="edit")
    browser.send(f"/{REPOSITORY}/comments/{second}", body="", action="delete")

    assert [row["body"] for row in standin.person("maintainer").get(url).json()] == ["changed"]


def test_a_pull_request_is_flipped_reviewed_and_merged_by_hand(
    standin: Standin, browser: Browser
) -> None:
    app = standin.installation()
    pull = open_pull(app, "by-hand", draft=True)
    page = f"/{REPOSITORY}/pull/{pull['number']}"

    draft = browser.read(page)
    browser.send(f"{page}/act", action="ready")
    browser.send(
        f"{page}/review",
        body="Good",
        event="APPROVE",
        path="feature.py",
        line="1",
        side="RIGHT",
        remark="Nice",
    )
    files = browser.read(f"{page}/files")
    comment = app.get(f"{REPO}/pulls/{pull['number']}/comments").json()[0]
    browser.send(f"{page}/replies/{comment['id']}", body="Thanks")
    browser.send(f"{page}/act", action="merge")
    after = browser.read(page)

    assert "This pull request is still a work in progress" in draft
    assert '<tr class="added">' in files
    assert "Nice" in files
    assert "Pull request successfully merged and closed" in after
    replies = app.get(f"{REPO}/pulls/{pull['number']}/comments").json()
    assert replies[1]["in_reply_to_id"] == comment["id"]
    assert app.get(f"{REPO}/pulls/{pull['number']}").json()["merged"] is True


def test_settings_change_roles_labels_protection_and_visibility(
    standin: Standin, browser: Browser
) -> None:
    page = f"/{REPOSITORY}/settings"
    app = standin.installation()

    browser.send(page, form="member", login="stranger", role="write")
    added = app.get(f"{REPO}/collaborators/stranger/permission").json()["role_name"]
    browser.send(page, form="member", login="stranger", role="none")
    browser.send(page, form="label", name="made-here", color="#123456", description="x")
    made = app.get(f"{REPO}/labels/made-here").json()
    browser.send(page, form="label-delete", name="made-here")
    browser.send(
        page, form="general", description="Small", visibility="public", default_branch="main"
    )
    public = standin.person("stranger").get(REPO).status_code
    browser.send(page, form="general", visibility="private", default_branch="main")

    assert (added, made["color"], public) == ("write", "123456", 200)
    assert app.get(f"{REPO}/labels/made-here").status_code == 404
    assert standin.person("stranger").get(REPO).status_code == 404


def test_a_protected_branch_refuses_pushes_through_the_api(
    standin: Standin, browser: Browser
) -> None:
    """docs.github.com/repositories: about rulesets; require a pull request before merging."""
    app = standin.installation()
    pull = open_pull(app, "guarded/one")
    page = f"/{REPOSITORY}/settings"
    browser.send(page, form="protect", pattern="guarded/*")

    moved = app.delete(f"{REPO}/git/refs/heads/guarded/one")
    shown = app.get(f"{REPO}/branches/guarded/one").json()
    browser.send(page, form="unprotect", pattern="guarded/*")

    assert moved.status_code == 422
    assert "Changes must be made through a pull request" in moved.json()["message"]
    assert (shown["protected"], shown["commit"]["sha"]) == (True, pull["head"]["sha"])
