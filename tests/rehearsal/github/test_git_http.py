from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal.github.spec import check_payload
from tests.rehearsal.github.standin import git
from tests.rehearsal.github.test_git_data import REPO, head_of
from tests.rehearsal.github.test_pulls import open_pull

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.rehearsal.github.receiver import Receiver
    from tests.rehearsal.github.standin import Standin


def clone(standin: Standin, folder: Path, token: str, *options: str) -> Path:
    git(folder, "clone", "--quiet", *options, standin.clone_url, "work", token=token)
    return folder / "work"


def commit(work: Path, path: str, content: str) -> str:
    (work / path).parent.mkdir(parents=True, exist_ok=True)
    (work / path).write_text(content)
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", f"feat: write {path}")
    return git(work, "rev-parse", "HEAD").stdout.strip()


def test_a_token_of_the_app_clones_and_pushes_and_the_pull_request_follows(
    standin: Standin, receiver: Receiver, tmp_path: Path
) -> None:
    token = standin.mint(permissions={"contents": "write", "pull_requests": "write"})
    app = standin.client(token)
    pull = open_pull(app, "followed", draft=True)
    work = clone(standin, tmp_path, token, "--branch", "followed")

    sha = commit(work, "pushed.py", "# pushed\n")
    git(work, "push", "--quiet", "origin", "followed", token=token)
    after = app.get(f"{REPO}/pulls/{pull['number']}").json()

    assert after["head"]["sha"] == sha
    assert [row["sha"] for row in app.get(f"{REPO}/pulls/{pull['number']}/commits").json()][
        -1
    ] == sha
    synchronized = receiver.wait_for_name("pull_request.synchronize").payload
    assert (synchronized["before"], synchronized["after"]) == (pull["head"]["sha"], sha)
    pushes = [item.payload for item in receiver.received if item.event == "push"]
    pushed = next(payload for payload in pushes if payload["after"] == sha)
    check_payload("push", pushed)
    assert pushed["pusher"]["name"] == "phaseline[bot]"
    assert pushed["commits"][0]["added"] == ["pushed.py"]
    entry = next(row for row in reversed(standin.log()) if row.get("git", {}).get("updates"))
    assert entry["git"]["updates"] == [
        {"ref": "refs/heads/followed", "before": pull["head"]["sha"], "after": sha}
    ]


def test_git_is_waited_for_once(
    standin: Standin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = standin.token_of("reader")

    for number in range(8):
        git(tmp_path, "ls-remote", "--quiet", standin.clone_url, token=token)
        assert caplog.messages == [], f"at request {number}"


def test_a_partial_clone_and_a_shallow_one_work(standin: Standin, tmp_path: Path) -> None:
    token = standin.token_of("reader")

    git(
        tmp_path,
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--bare",
        standin.clone_url,
        "partial",
        token=token,
    )
    git(tmp_path, "clone", "--quiet", "--depth=1", standin.clone_url, "shallow", token=token)

    assert git(tmp_path / "shallow", "rev-list", "--count", "HEAD").stdout.strip() == "1"


def test_a_pull_requests_head_can_be_fetched_by_its_number(
    standin: Standin, tmp_path: Path
) -> None:
    pull = open_pull(standin.installation(), "by-number")
    token = standin.token_of("reader")
    work = clone(standin, tmp_path, token)

    git(work, "fetch", "--quiet", "origin", f"pull/{pull['number']}/head", token=token)

    assert git(work, "rev-parse", "FETCH_HEAD").stdout.strip() == pull["head"]["sha"]


def test_nobody_clones_a_private_repository_and_wrong_tokens_are_told_so(
    standin: Standin, tmp_path: Path
) -> None:
    """docs.github.com/authentication: password authentication is not supported for Git
    operations.
    """
    nobody = git(tmp_path, "clone", standin.clone_url, "a", check=False)
    named = standin.clone_url.replace("http://", "http://x-access-token:ghp_wrong@")
    wrong = git(tmp_path, "clone", named, "b", check=False)
    stranger = git(
        tmp_path, "clone", standin.clone_url, "c", token=standin.token_of("stranger"), check=False
    )

    assert "could not read Username" in nobody.stderr
    assert "Authentication failed" in wrong.stderr
    assert "Invalid username or token" in wrong.stderr
    assert "Repository not found" in stranger.stderr


def test_a_reader_or_a_token_without_contents_does_not_push(
    standin: Standin, tmp_path: Path
) -> None:
    """docs.github.com/rest/authentication/permissions-required-for-github-apps: Contents."""
    reader = standin.token_of("reader")
    narrow = standin.mint(permissions={"contents": "read"})
    work = clone(standin, tmp_path, reader)
    before = head_of(standin.installation())
    commit(work, "x.txt", "x\n")

    by_reader = git(work, "push", "origin", "main", token=reader, check=False)
    by_app = git(work, "push", "origin", "main", token=narrow, check=False)

    assert "Permission to acme/pocket.git denied to reader" in by_reader.stderr
    assert "Write access to repository not granted" in by_app.stderr
    assert head_of(standin.installation()) == before


def test_an_app_without_the_workflows_permission_does_not_push_a_workflow(
    standin: Standin, tmp_path: Path
) -> None:
    """docs.github.com/apps/creating-github-apps/choosing-permissions-for-a-github-app: Workflows;
    GitHub's own words.
    """
    token = standin.mint()
    work = clone(standin, tmp_path, token)
    git(work, "checkout", "--quiet", "-b", "sneaky")
    commit(work, "harmless.txt", "x\n")
    commit(work, ".github/workflows/ci.yml", "on: push\n")

    by_app = git(work, "push", "origin", "sneaky", token=token, check=False)
    by_writer = git(work, "push", "origin", "sneaky", token=standin.token_of("writer"), check=False)

    text = (
        "! [remote rejected] sneaky -> sneaky (refusing to allow a GitHub App to create or"
        " update workflow `.github/workflows/ci.yml` without `workflows` permission)"
    )
    assert text in by_app.stderr
    assert by_app.returncode != 0
    assert by_writer.returncode == 0


def test_a_workflow_is_not_smuggled_in_through_the_api(standin: Standin, tmp_path: Path) -> None:
    """docs.github.com/rest/authentication/permissions-required-for-github-apps: Workflows."""
    app = standin.installation()
    main = head_of(app)
    entry = {
        "path": ".github/workflows/x.yml",
        "mode": "100644",
        "type": "blob",
        "content": "on: push\n",
    }
    tree = app.post(f"{REPO}/git/trees", json={"base_tree": main, "tree": [entry]}).json()["sha"]
    made = app.post(
        f"{REPO}/git/commits", json={"message": "ci", "tree": tree, "parents": [main]}
    ).json()["sha"]

    answer = app.post(f"{REPO}/git/refs", json={"ref": "refs/heads/smuggled", "sha": made})

    assert (answer.status_code, answer.json()["message"]) == (
        403,
        "Resource not accessible by integration",
    )


def test_a_push_that_is_not_a_fast_forward_needs_force(standin: Standin, tmp_path: Path) -> None:
    token = standin.mint()
    app = standin.client(token)
    pull = open_pull(app, "rewritten")
    work = clone(standin, tmp_path, token, "--branch", "rewritten")
    git(work, "commit", "--quiet", "--amend", "-m", "feat: rewritten")
    sha = git(work, "rev-parse", "HEAD").stdout.strip()

    refused = git(work, "push", "origin", "rewritten", token=token, check=False)
    lease = f"--force-with-lease=rewritten:{pull['head']['sha']}"
    git(work, "push", "--quiet", lease, "origin", "rewritten", token=token)
    events = [row["event"] for row in app.get(f"{REPO}/issues/{pull['number']}/timeline").json()]

    assert "non-fast-forward" in refused.stderr
    assert app.get(f"{REPO}/pulls/{pull['number']}").json()["head"]["sha"] == sha
    assert "head_ref_force_pushed" in events


def test_the_refs_of_pull_requests_cannot_be_pushed(standin: Standin, tmp_path: Path) -> None:
    """docs.github.com/pull-requests: refs/pull is read-only (`deny updating a hidden ref`)."""
    token = standin.mint()
    work = clone(standin, tmp_path, token)
    sha = commit(work, "y.txt", "y\n")

    refused = git(work, "push", "origin", f"{sha}:refs/pull/1/head", token=token, check=False)

    assert "deny updating a hidden ref" in refused.stderr


def test_a_deleted_branch_and_a_pushed_tag_are_reported(
    standin: Standin, receiver: Receiver, tmp_path: Path
) -> None:
    token = standin.token_of("writer")
    work = clone(standin, tmp_path, token)
    git(work, "push", "--quiet", "origin", "main:refs/heads/short-lived", token=token)
    git(work, "push", "--quiet", "origin", ":short-lived", "main:refs/tags/v1", token=token)

    expected = {("refs/heads/short-lived", True), ("refs/tags/v1", False)}
    while True:
        pushes = [item.payload for item in receiver.received if item.event == "push"]
        seen = {(payload["ref"], payload["deleted"]) for payload in pushes}
        if expected <= seen:
            break
        receiver.wait_for(len(receiver.received) + 1)

    for payload in pushes:
        check_payload("push", payload)
