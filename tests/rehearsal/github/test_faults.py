from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from app.cli.demo.loopback import no_certificates
from app.cli.rehearse import FAULTS
from app.rehearsal.github.faults.plan import FaultKind, FaultOptions, FaultPlan
from tests.rehearsal.github.standin import git, running
from tests.rehearsal.github.test_git_data import REPO, commit_on, head_of
from tests.rehearsal.github.test_git_http import clone, commit
from tests.rehearsal.github.test_issues import open_issue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.github.standin import Standin

NAMES = [kind.value for kind in FaultKind]
WRITE = {"contents": "write", "issues": "write", "pull_requests": "write"}


def always(*kinds: FaultKind) -> FaultOptions:
    return FaultOptions(1.0, 1, kinds or tuple(FaultKind))


def status_of(standin: Standin, token: str, method: str, path: str, body: object) -> int | None:
    """Ask as the App; None when the connection went without an answer."""
    headers = {"User-Agent": "tests"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with httpx.Client(
        base_url=standin.url, headers=headers, trust_env=False, verify=no_certificates()
    ) as client:
        try:
            return client.request(method, path, json=body).status_code
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return None


def faults_of(standin: Standin) -> list[tuple[str, int | None, str]]:
    return [
        (entry["fault"], entry["status"], entry["path"])
        for entry in standin.log()
        if "fault" in entry
    ]


@pytest.fixture
def token(tmp_path: Path, source: Path, key: Path) -> str:
    """A token that was minted while all was well."""
    with running(tmp_path / "github", source, key, None) as standin:
        return standin.mint(permissions=WRITE)


@pytest.mark.parametrize(
    ("kind", "status", "effect"),
    [
        (FaultKind.ERROR_500, 500, False),
        (FaultKind.ERROR_502, 502, False),
        (FaultKind.ERROR_502_AFTER, 502, True),
        (FaultKind.DROPPED_BEFORE, None, False),
        (FaultKind.DROPPED_AFTER, None, True),
        (FaultKind.SECONDARY_LIMIT, 403, False),
    ],
)
def test_each_fault_is_met_on_the_wire_has_its_effect_or_none_and_is_logged(
    tmp_path: Path,
    source: Path,
    key: Path,
    token: str,
    kind: FaultKind,
    status: int | None,
    effect: bool,
) -> None:
    with running(tmp_path / "github", source, key, None, always(kind)) as standin:
        maintainer = standin.person("maintainer")
        number = open_issue(maintainer)["number"]
        path = f"/api/v3{REPO}/issues/{number}/comments"

        met = status_of(standin, token, "POST", path, {"body": "struck"})

        stands = [each["body"] for each in maintainer.get(path.removeprefix("/api/v3")).json()]
        assert met == status
        assert stands == (["struck"] if effect else [])
        assert faults_of(standin) == [(kind.value, status, path)]
        answered = [e["status"] for e in standin.log() if e["path"] == path and "response" in e]
        assert answered == ([201] if effect else []) + [200]


def test_a_limit_says_for_how_long_and_has_the_body_that_github_documents(
    tmp_path: Path, source: Path, key: Path, token: str
) -> None:
    faults = always(FaultKind.SECONDARY_LIMIT)
    with running(tmp_path / "github", source, key, None, faults) as standin:
        answer = standin.client(token).get(f"{REPO}/issues")

    assert answer.status_code == 403
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["message"].startswith("You have exceeded a secondary rate limit.")


def test_tokens_and_graphql_are_struck_and_people_are_not(
    tmp_path: Path, source: Path, key: Path, token: str
) -> None:
    with running(tmp_path / "github", source, key, None, always(FaultKind.ERROR_502)) as standin:
        mint = f"/api/v3/app/installations/{standin.summary['app']['installation_id']}"

        minted = status_of(standin, standin.app_jwt(), "POST", f"{mint}/access_tokens", {})
        queried = status_of(standin, token, "POST", "/api/graphql", {"query": "{ viewer { id } }"})
        person = standin.person("maintainer").get(REPO).status_code
        nobody = status_of(standin, "", "GET", "/api/v3/meta", None)

        assert (minted, queried, person, nobody) == (502, 502, 200, 200)
        assert [path for _, _, path in faults_of(standin)] == [
            f"{mint}/access_tokens",
            "/api/graphql",
        ]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FaultKind.ERROR_500, "error: 500"),
        (FaultKind.ERROR_502, "error: 502"),
        (FaultKind.ERROR_502_AFTER, "error: 502"),
        (FaultKind.DROPPED_BEFORE, "empty reply"),
        (FaultKind.DROPPED_AFTER, "empty reply"),
        (FaultKind.SECONDARY_LIMIT, "remote: you have exceeded a secondary rate limit"),
    ],
)
def test_git_meets_each_fault_too(
    tmp_path: Path, source: Path, key: Path, token: str, kind: FaultKind, said: str
) -> None:
    with running(tmp_path / "github", source, key, None, always(kind)) as standin:
        done = git(tmp_path, "ls-remote", standin.clone_url, token=token, check=False)

        assert done.returncode != 0
        assert said in done.stderr.lower()
        (struck,) = {(fault, path) for fault, _, path in faults_of(standin)}
        assert struck == (kind.value, "/acme/pocket.git/info/refs")


def _half_by_a_seed_that_strikes(method: str, struck: str, spared: str) -> FaultOptions:
    """Return faults by which the first call of one path is struck, and not that of another."""
    for seed in range(1000):
        options = FaultOptions(0.5, seed, (FaultKind.DROPPED_AFTER,))
        plan = FaultPlan(options)
        if plan.strike(method, struck) and not plan.strike("GET", spared):
            return options
    raise AssertionError("no such seed")


def test_a_push_whose_answer_is_dropped_has_moved_the_branch(
    tmp_path: Path, source: Path, key: Path
) -> None:
    with running(tmp_path / "github", source, key, None) as standin:
        token = standin.mint(permissions=WRITE)
        maintainer = standin.person("maintainer")
        sha = commit_on(standin.client(token), head_of(maintainer), "a.py", "1\n")["sha"]
        ref = {"ref": "refs/heads/topic", "sha": sha}
        standin.client(token).post(f"{REPO}/git/refs", json=ref)
        work = clone(standin, tmp_path, token, "--branch", "topic")
    path = "/acme/pocket.git"
    faults = _half_by_a_seed_that_strikes("POST", f"{path}/git-receive-pack", f"{path}/info/refs")
    with running(tmp_path / "github", source, key, None, faults) as standin:
        git(work, "remote", "set-url", "origin", standin.clone_url)
        pushed = commit(work, "b.py", "2\n")

        done = git(work, "push", "--quiet", "origin", "topic", token=token, check=False)

        assert done.returncode != 0
        assert head_of(standin.person("maintainer"), "topic") == pushed


def test_the_same_seed_strikes_the_same_calls_whatever_their_order() -> None:
    options = FaultOptions(0.1, 7, tuple(FaultKind))
    calls = [("GET", f"/{n}") for n in range(500)] * 4
    shuffled = sorted(calls, key=lambda call: call[1][::-1])

    def met(order: list[tuple[str, str]]) -> list[tuple[str, str, str | None]]:
        plan = FaultPlan(options)
        return sorted((*call, plan.strike(*call) or "") for call in order)

    assert met(calls) == met(shuffled)
    struck = [fault for _, _, fault in met(calls) if fault]
    assert 160 < len(struck) < 240
    assert set(struck) == set(NAMES)
    assert met(calls) != [(*call, "") for call in sorted(calls)]


def test_a_rate_of_nothing_strikes_nothing_and_of_all_everything() -> None:
    never = FaultPlan(FaultOptions(0.0, 1, tuple(FaultKind)))
    each = FaultPlan(FaultOptions(1.0, 1, tuple(FaultKind)))

    assert not any(never.strike("GET", f"/{n}") for n in range(200))
    assert all(each.strike("GET", f"/{n}") for n in range(200))


def test_the_command_line_names_every_kind() -> None:
    assert list(FAULTS) == NAMES
