"""What the stand-in's pages show, to whom, and what they keep out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx

from app.cli.demo.loopback import no_certificates
from tests.rehearsal.github.browser import Browser
from tests.rehearsal.github.standin import REPOSITORY
from tests.rehearsal.github.test_git_data import REPO
from tests.rehearsal.github.test_issues import open_issue
from tests.rehearsal.github.test_pulls import open_pull

if TYPE_CHECKING:
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
