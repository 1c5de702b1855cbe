"""Watching a run through a service that shows one state after the other."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.cli.demo.cast import Cast
from app.cli.demo.maintainer import Issue
from app.cli.demo.outcome import is_ready, outcome_of
from app.cli.demo.progress import Line
from app.cli.demo.stage import Stage
from app.cli.demo.watch import Watcher
from tests.app.cli.demo.runs import data, moment, seen, step

Show = Callable[[list[list[Any]]], Cast]


@pytest.fixture
def show() -> Iterator[Show]:
    servers: list[ThreadingHTTPServer] = []

    def serve(looks: list[list[Any]]) -> Cast:
        class Service(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shown = looks.pop(0) if len(looks) > 1 else looks[0]
                body = json.dumps({"runs": shown}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        servers.append(server)
        ports = {"github": 1, "claude": 2, "service": server.server_port}
        return Cast("demo/shop", None, None, "Add a field", "", ports)

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def watcher(cast: Cast, lines: list[Line]) -> Watcher:
    issue = Issue(1, "http://127.0.0.1/demo/shop/issues/1")
    return Watcher(Stage(()), cast, issue, lines.append)


def test_a_run_is_followed_until_it_is_ready(show: Show) -> None:
    lines: list[Line] = []
    cast = show(
        [
            [],
            [data(step("architect", "planning", 1, None))],
            [data(step("architect", "planning", 1, 2), state="ready", ended=moment(3))],
        ]
    )

    with watcher(cast, lines) as watching:
        ended = watching.until_ended()

    assert ended.state == "ready"
    assert [line.text for line in lines] == ["Planning", "architect", "architect · 1.0 s"]


def test_a_blocked_run_ends_the_watch_and_its_going_on_begins_it_again(show: Show) -> None:
    cast = show(
        [
            [data(state="blocked", reason="no plan")],
            [data(state="blocked", reason="no plan")],
            [data(state="running")],
            [data(state="ready", ended=moment(9))],
        ]
    )

    with watcher(cast, []) as watching:
        first = watching.until_ended()
        watching.until_moves()
        second = watching.until_ended()

    assert (first.state, first.reason, second.state) == ("blocked", "no plan", "ready")


def test_runs_of_other_issues_are_not_this_run(show: Show) -> None:
    cast = show([[data(id="other", issue=2, state="ready"), data(id="ours", state="blocked")]])

    with watcher(cast, []) as watching:
        ended = watching.until_ended()

    assert ended.id == "ours"


def test_ready_by_the_service_alone_is_not_ready(show: Show) -> None:
    cast = show([[]])
    ended = seen(state="ready", ended=moment(61))

    outcome = outcome_of(cast, ended, None)

    assert is_ready(outcome) is False
    assert outcome["wall_seconds"] == 61
    assert outcome["scripted"] is False
