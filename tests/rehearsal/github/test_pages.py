from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from app.cli.demo.loopback import no_certificates
from tests.rehearsal.github.standin import REPOSITORY
from tests.rehearsal.github.test_git_data import REPO
from tests.rehearsal.github.test_issues import open_issue
from tests.rehearsal.github.test_pulls import open_pull

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.github.standin import Standin


HOSTILE = """\
| a | b |
|---|--:|
| 1 | 2 |

- [x] done
- [ ] open

<details><summary>More</summary>

```python
def f(): ...
```

</details>

```mermaid
graph LR
```

<script>alert(1)</script><img src=x onerror=alert(1)>

[x](javascript:alert(1)) <a href='javascript:alert(2)' style='x'>y</a>

<!-- hidden -->

@maintainer #1 ~~gone~~
"""


class Browser:
    """A person's browser: it keeps the cookie and sends forms as a browser does."""

    def __init__(self, standin: Standin, login: str) -> None:
        self._origin = standin.url
        self.client = httpx.Client(
            base_url=standin.url, trust_env=False, verify=no_certificates(), follow_redirects=True
        )
        self.send("/viewer", login=login, to="/")

    def read(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, status: int = 200, /, **fields: str | list[str]) -> httpx.Response:
        headers = {"Origin": self._origin, "Sec-Fetch-Site": "same-origin"}
        answer = self.client.post(path, data=fields, headers=headers)
        assert answer.status_code == status, answer.text
        return answer


@pytest.fixture
def browser(standin: Standin) -> Iterator[Browser]:
    made = Browser(standin, "maintainer")
    yield made
    made.client.close()


def addresses(issue: int, pull: int, sha: str, run: int) -> list[str]:
    base = f"/{REPOSITORY}"
    return [
        "/",
        "/acme",
        base,
        f"{base}/tree/main/src",
        f"{base}/blob/main/src/app.py",
        f"{base}/blob/main/README.md",
        f"{base}/blob/shown/feature.py",
        f"{base}/raw/main/README.md",
        f"{base}/commits",
        f"{base}/commits/shown",
        f"{base}/commit/{sha}",
        f"{base}/branches",
        f"{base}/issues",
        f"{base}/issues?state=closed",
        f"{base}/issues/new",
        f"{base}/issues/{issue}",
        f"{base}/pulls",
        f"{base}/pull/{pull}",
        f"{base}/pull/{pull}/commits",
        f"{base}/pull/{pull}/files",
        f"{base}/pull/{pull}/checks",
        f"{base}/runs/{run}",
        f"{base}/settings",
        "/settings/apps",
        "/settings/apps/new",
        "/settings/apps/phaseline",
        "/settings/apps/phaseline/permissions",
        "/settings/apps/phaseline/installations",
        "/settings/apps/phaseline/advanced",
        "/apps/phaseline",
        "/assets/style.css",
        "/assets/pages.js",
    ]


def test_every_page_can_be_read(standin: Standin, browser: Browser) -> None:
    app = standin.installation()
    issue, pull = open_issue(standin.person("maintainer")), open_pull(app, "shown", draft=True)
    sha = pull["head"]["sha"]
    run = app.post(
        f"{REPO}/check-runs", json={"name": "tests", "head_sha": sha, "conclusion": "success"}
    ).json()

    for path in addresses(issue["number"], pull["number"], sha, run["id"]):
        text = browser.read(path)
        if "<html" in text:
            assert "stand-in for GitHub, and not GitHub" in text, path
            assert not re.search(r'(src|href)="(https?:)?//(?!127\.0\.0\.1)', text), path


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


def test_ids_of_commits_that_are_there_become_links_and_other_words_do_not(
    standin: Standin, browser: Browser
) -> None:
    head = standin.person("maintainer").get(f"{REPO}/git/ref/heads/main").json()["object"]["sha"]
    tree = standin.person("maintainer").get(f"{REPO}/git/commits/{head}").json()["tree"]["sha"]
    known = next(head[:size] for size in range(10, 41) if not head[:size].isdecimal())
    body = f"at {known}, not d5ac257865, {tree}, 1234567 nor deadbeef nor `{known}`"
    number = open_issue(standin.person("maintainer"), body=body)["number"]

    text = browser.read(f"/{REPOSITORY}/issues/{number}")

    (link,) = re.findall(r'href="([^"]*/commit/[^"]*)"', text)
    assert link.endswith(f"/{REPOSITORY}/commit/{known}")


def test_markdown_is_rendered_and_made_harmless(standin: Standin, browser: Browser) -> None:
    number = open_issue(standin.person("maintainer"), body=HOSTILE)["number"]

    text = browser.read(f"/{REPOSITORY}/issues/{number}")
    shown = text[text.index('<div class="markdown pad">') : text.index('class="reactions"')]

    assert '<td style="text-align:right">2</td>' in shown
    assert re.search(r'<input type="checkbox" disabled="" checked=""> ?done', shown)
    assert "<details><summary>More</summary>" in shown
    assert '<span class="k">def</span>' in shown
    assert "diagram (mermaid)" in shown
    assert '<a class="mention" href="/maintainer"' in shown
    assert "<del>gone</del>" in shown or "<s>gone</s>" in shown
    for harm in ("<script", "onerror", 'href="javascript', "hidden"):
        assert harm not in shown


def test_a_form_from_another_site_changes_nothing(standin: Standin, browser: Browser) -> None:
    path = f"{standin.url}/{REPOSITORY}/issues"
    foreign = [
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
    ]

    for headers in foreign:
        answer = browser.client.post(path, data={"title": "Forged"}, headers=headers)
        assert answer.status_code == 403

    titles = [row["title"] for row in standin.person("maintainer").get(f"{REPO}/issues").json()]
    assert "Forged" not in titles


def test_a_name_that_points_here_from_outside_is_not_served(standin: Standin) -> None:
    answer = httpx.get(
        standin.url, headers={"Host": "rebound.example"}, trust_env=False, verify=no_certificates()
    )

    assert answer.status_code == 421


def test_the_viewer_can_be_switched_and_sees_what_that_person_sees(standin: Standin) -> None:
    stranger, reader = Browser(standin, "stranger"), Browser(standin, "reader")
    number = open_issue(standin.person("maintainer"))["number"]

    hidden = stranger.read(f"/{REPOSITORY}", 404)
    seen = reader.read(f"/{REPOSITORY}/issues/{number}")
    refused = reader.send(f"/{REPOSITORY}/issues/{number}/label", 403, label="bug")
    settings = reader.send(f"/{REPOSITORY}/settings", 403, form="protect", pattern="main")

    assert "stranger sees nothing at this address" in hidden
    assert "Apply labels" not in seen
    assert "reader may not do that here" in refused.text
    assert settings.status_code == 403
    stranger.client.close()
    reader.client.close()


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
