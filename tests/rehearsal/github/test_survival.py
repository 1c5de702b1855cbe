from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from app.cli.demo.ports import restartable_ports
from app.rehearsal.github.server import PortTakenError, SeedError, create_app, listen
from tests.rehearsal.github.killable import Killable
from tests.rehearsal.github.receiver import Receiver
from tests.rehearsal.github.standin import Clock, git, options_for, running
from tests.rehearsal.github.test_git_data import REPO, commit_on, head_of
from tests.rehearsal.github.test_issues import open_issue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.forking import ForkServer
    from tests.rehearsal.github.standin import Standin


def test_after_a_kill_everything_answered_is_still_there_and_logged_once(
    tmp_path: Path, source: Path, key: Path, receiver: Receiver, forks: ForkServer
) -> None:
    folder = tmp_path / "github"
    with Killable(forks, folder, source, key, receiver.url) as process:
        standin = process.start()
        maintainer = standin.person("maintainer")
        issue = open_issue(maintainer, labels=["bug"])
        token = standin.mint()
        sha = commit_on(standin.client(token), head_of(maintainer), "a.py", "1\n")["sha"]
        standin.client(token).post(f"{REPO}/git/refs", json={"ref": "refs/heads/kept", "sha": sha})
        process.stop(signal.SIGKILL)
        before = standin.log()
        standin.close()

        standin = process.start()
        again = standin.client(token)
        found = again.get(f"{REPO}/issues/{issue['number']}").json()

        assert found["title"] == issue["title"]
        assert head_of(again, "kept") == sha
        log = standin.log()
        assert log[: len(before)] == before
        assert [entry["seq"] for entry in log] == list(range(1, len(log) + 1))
        standin.close()


def keep_commenting(
    standin: Standin, number: int, answered: list[int], under_way: threading.Event
) -> None:
    """Comment until the stand-in is gone; `under_way` is set after the fifth answer."""
    client = standin.person("maintainer")
    try:
        while True:
            body = {"body": f"comment {len(answered)}"}
            answer = client.post(f"{REPO}/issues/{number}/comments", json=body)
            answered.append(answer.json()["id"])
            if len(answered) == 5:
                under_way.set()
    except httpx.TransportError:
        return


def test_killed_while_answering_it_loses_nothing_that_was_answered(
    tmp_path: Path, source: Path, key: Path, receiver: Receiver, forks: ForkServer
) -> None:
    folder = tmp_path / "github"
    with Killable(forks, folder, source, key, receiver.url) as process:
        standin = process.start()
        number = open_issue(standin.person("maintainer"))["number"]
        answered: list[int] = []
        under_way = threading.Event()

        thread = threading.Thread(
            target=keep_commenting, args=(standin, number, answered, under_way)
        )
        thread.start()
        assert under_way.wait(30)
        process.stop(signal.SIGKILL)
        thread.join()
        standin.close()

        standin = process.start()
        client = standin.person("maintainer")
        kept = [
            row["id"]
            for row in client.get(
                f"{REPO}/issues/{number}/comments", params={"per_page": 100}
            ).json()
        ]
        posted = [
            entry["response"]["id"]
            for entry in standin.log()
            if entry["method"] == "POST"
            and entry["path"].endswith("/comments")
            and entry["status"] == 201
        ]

        assert answered == kept[: len(answered)]
        assert posted == kept
        standin.close()


def test_a_push_that_a_crash_kept_from_being_reported_is_reported_at_the_next_start(
    tmp_path: Path, source: Path, key: Path, receiver: Receiver
) -> None:
    folder = tmp_path / "github"
    with running(folder, source, key, receiver.url) as standin:
        writer = standin.person("writer")
        main = head_of(writer)
        made = commit_on(writer, main, "lost.py", "1\n")["sha"]
        writer.post(f"{REPO}/git/refs", json={"ref": "refs/heads/other", "sha": main})
        bare = folder / "repositories" / f"{standin.summary['repositories'][0]['id']}.git"
        git(bare, "update-ref", "refs/heads/lost", made)

    with running(folder, source, key, receiver.url) as standin:
        while not any(
            item.event == "push" and item.payload["ref"] == "refs/heads/lost"
            for item in receiver.received
        ):
            receiver.wait_for(len(receiver.received) + 1)
        lost = next(
            item
            for item in receiver.received
            if item.event == "push" and item.payload["after"] == made
        )

    assert lost.payload["sender"]["login"] == "writer"


def test_deliveries_that_were_not_sent_go_out_after_a_restart(
    tmp_path: Path, source: Path, key: Path
) -> None:
    folder = tmp_path / "github"
    create_app(
        options_for(folder, source, key, "http://127.0.0.1:1/", restartable_ports(1)[0]), Clock()
    )
    receiver = Receiver()

    with running(folder, source, key, receiver.url):
        received = receiver.wait_for(2)
    receiver.close()

    assert sorted(item.name for item in received) == ["installation.created", "ping"]


def test_it_ends_cleanly_on_sigterm(
    tmp_path: Path, source: Path, key: Path, receiver: Receiver, forks: ForkServer
) -> None:
    with Killable(forks, tmp_path / "github", source, key, receiver.url) as process:
        process.start().close()

        assert process.stop(signal.SIGTERM) in {0, -signal.SIGTERM}


def test_a_repository_given_again_keeps_its_state(
    tmp_path: Path, source: Path, key: Path, receiver: Receiver
) -> None:
    folder = tmp_path / "github"
    with running(folder, source, key, receiver.url) as first:
        token = first.token_of("maintainer")
        number = open_issue(first.person("maintainer"))["number"]

    with running(folder, source, key, receiver.url) as second:
        assert second.token_of("maintainer") == token
        assert second.person("reader").get(f"{REPO}/issues/{number}").status_code == 200


def test_a_folder_that_only_root_may_enter_serves_git_too(
    tmp_path: Path, source: Path, key: Path, receiver: Receiver
) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)

    with running(folder, source, key, receiver.url) as standin:
        git(
            tmp_path,
            "clone",
            "--quiet",
            standin.clone_url,
            "work",
            token=standin.token_of("reader"),
        )

    assert (tmp_path / "work" / "README.md").exists()


def test_a_taken_port_is_named() -> None:
    taken = listen(0)
    port = taken.getsockname()[1]

    with pytest.raises(PortTakenError, match=f"Port {port} on 127.0.0.1 cannot be used"):
        listen(port)
    taken.close()


def test_a_source_that_is_no_repository_is_refused_with_what_to_do(
    tmp_path: Path, key: Path
) -> None:
    (tmp_path / "plain").mkdir()
    options = options_for(
        tmp_path / "github", tmp_path / "plain", key, None, restartable_ports(1)[0]
    )

    with pytest.raises(SeedError, match="Give the path of a git repository"):
        create_app(options, Clock())
