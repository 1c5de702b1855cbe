from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt

from tests.rehearsal.github.browser import Browser
from tests.rehearsal.github.receiver import Receiver
from tests.rehearsal.github.standin import REPOSITORY, git
from tests.rehearsal.github.test_git_http import clone, commit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.github.standin import Standin


NAMES = (
    "GitHub App name",
    "Homepage URL",
    "Webhook URL",
    "Webhook secret",
    "Subscribe to events",
    "Where can this GitHub App be installed?",
    "Create GitHub App",
    "Access: Read and write",
)


def test_an_app_is_registered_keyed_installed_and_used(standin: Standin) -> None:
    """docs.github.com/apps/creating-github-apps/registering-a-github-app: the form's names."""
    hook = Receiver()
    browser = Browser(standin, "maintainer")
    form = browser.read("/settings/apps/new")

    made = browser.send(
        "/settings/apps",
        name="My Helper",
        url="https://helper.example",
        hook_active="on",
        hook_url=hook.url,
        hook_secret="s" * 40,
        events=["issues"],
        **{"permission-issues": "write"},
    )
    app_id = re.search(r"<dt>App ID</dt><dd><code>(\d+)</code>", made.text)
    pem = browser.send("/settings/apps/my-helper/keys").text
    repository_id = str(standin.summary["repositories"][0]["id"])
    browser.send(
        "/settings/apps/my-helper/installations",
        account="acme",
        selection="selected",
        repositories=[repository_id],
    )

    assert app_id
    now = int(time.time())
    token = jwt.encode({"iat": now - 5, "exp": now + 500, "iss": app_id[1]}, pem, "RS256")
    client = standin.client(token)
    installation = client.get(f"/repos/{REPOSITORY}/installation").json()
    assert client.get("/app").json()["slug"] == "my-helper"
    assert installation["permissions"] == {"issues": "write", "metadata": "read"}
    hook.wait_for_name("installation.created")
    for name in NAMES:
        assert name in form
    assert "Private keys" in made.text
    browser.client.close()
    hook.close()


def test_a_form_with_faults_is_refused_with_the_fault(standin: Standin) -> None:
    browser = Browser(standin, "maintainer")

    taken = browser.send("/settings/apps", 422, name="Phaseline", url="https://x.example")
    needs = browser.send(
        "/settings/apps", 422, name="Eventful", url="https://x.example", events=["push"]
    )
    no_hook = browser.send(
        "/settings/apps", 422, name="Hookless", url="https://x.example", hook_active="on"
    )

    assert "Name has already been taken" in taken.text
    assert "Default events are not supported by permissions: push" in needs.text
    assert "Hook url cannot be blank" in no_hook.text
    browser.client.close()


def test_a_manifest_makes_an_app_and_its_code_is_exchanged_once(standin: Standin) -> None:
    """docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest."""
    browser = Browser(standin, "maintainer")
    manifest = {
        "name": "From Manifest",
        "url": "https://helper.example",
        "redirect_url": "http://127.0.0.1:9/callback",
        "hook_attributes": {"url": "http://127.0.0.1:9/hook"},
        "default_permissions": {"issues": "write", "contents": "write"},
        "default_events": ["issues"],
    }
    text = json.dumps(manifest)

    asked = browser.client.post(
        "/settings/apps/new?state=abc",
        data={"manifest": text},
        headers={"Origin": "http://127.0.0.1:9", "Sec-Fetch-Site": "cross-site"},
    )
    sent = browser.client.post(
        "/settings/apps/manifest",
        data={"manifest": text, "state": "abc", "name": "From Manifest", "owner": ""},
        headers={"Origin": standin.url},
        follow_redirects=False,
    )
    query = parse_qs(urlsplit(sent.headers["location"]).query)
    nobody = standin.client(None)
    first = nobody.post(f"/app-manifests/{query['code'][0]}/conversions")
    second = nobody.post(f"/app-manifests/{query['code'][0]}/conversions")

    assert "Create GitHub App" in asked.text
    assert sent.status_code == 303
    assert query["state"] == ["abc"]
    assert first.status_code == 201
    assert first.json()["pem"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert len(first.json()["webhook_secret"]) == 40
    assert second.status_code == 404
    log = (standin.folder / "requests.jsonl").read_text()
    assert first.json()["webhook_secret"] not in log
    assert "BEGIN RSA" not in log
    browser.client.close()


def test_a_manifest_that_lists_installation_events_is_refused(standin: Standin) -> None:
    """docs.github.com/webhooks/webhook-events-and-payloads#installation: it comes unasked."""
    browser = Browser(standin, "maintainer")
    manifest = {
        "name": "Too Much",
        "url": "https://helper.example",
        "redirect_url": "http://127.0.0.1:9/callback",
        "default_permissions": {"issues": "write"},
        "default_events": ["installation"],
    }

    refused = browser.send("/settings/apps/manifest", 422, manifest=json.dumps(manifest))

    assert "Default events are not supported" in refused.text
    browser.client.close()


def test_deliveries_are_shown_and_sent_again_by_hand(standin: Standin, receiver: Receiver) -> None:
    browser = Browser(standin, "maintainer")
    browser.send(f"/{REPOSITORY}/issues", title="Delivered", body="x")
    receiver.wait_for_name("issues.opened")
    page = browser.read("/settings/apps/phaseline/advanced")
    found = re.search(r'action="(/settings/apps/phaseline/deliveries/\d+/redeliver)"', page)

    assert found
    before = len(receiver.received)
    browser.send(found[1])
    receiver.wait_for(before + 1)

    assert "Recent Deliveries" in page
    assert "Redeliver" in page
    browser.client.close()


def test_the_settings_of_an_app_are_its_owners_alone(standin: Standin) -> None:
    writer = Browser(standin, "writer")

    assert "owns no GitHub App" in writer.read("/settings/apps")
    writer.read("/settings/apps/phaseline", 404)
    writer.send("/settings/apps/phaseline/keys", 404)
    writer.client.close()


def test_permissions_that_are_changed_reach_the_installation(standin: Standin) -> None:
    browser = Browser(standin, "maintainer")
    names = ("checks", "contents", "issues", "pull_requests")
    granted = {f"permission-{name}": "write" for name in names}
    events = ["check_run", "issue_comment", "issues", "pull_request", "push"]

    browser.send(
        "/settings/apps/phaseline/permissions",
        events=events,
        **granted,
        **{"permission-workflows": "write"},
    )
    wider = standin.app().get(f"/repos/{REPOSITORY}/installation").json()["permissions"]
    browser.send("/settings/apps/phaseline/permissions", events=events, **granted)
    narrower = standin.app().get(f"/repos/{REPOSITORY}/installation").json()["permissions"]

    assert wider["workflows"] == "write"
    assert "workflows" not in narrower
    browser.client.close()


def test_a_push_to_a_protected_branch_is_refused_with_githubs_words(
    standin: Standin, tmp_path: Path
) -> None:
    """docs.github.com/repositories: troubleshooting rules; GH013 and the rejected ref."""
    browser = Browser(standin, "maintainer")
    browser.send(f"/{REPOSITORY}/settings", form="protect", pattern="main")
    token = standin.mint()
    work = clone(standin, tmp_path, token)
    commit(work, "direct.txt", "x\n")

    refused = git(work, "push", "origin", "main", token=token, check=False)
    browser.send(f"/{REPOSITORY}/settings", form="unprotect", pattern="main")

    assert "GH013: Repository rule violations found for refs/heads/main" in refused.stderr
    assert (
        "! [remote rejected] main -> main (push declined due to repository rule violations)"
        in refused.stderr
    )
    browser.client.close()


def test_faces_are_drawn_here(standin: Standin) -> None:
    bot = standin.summary["app"]["bot"]["id"]

    answer = httpx.get(f"{standin.url}/avatars/{bot}.svg", trust_env=False)

    assert answer.headers["content-type"].startswith("image/svg+xml")
