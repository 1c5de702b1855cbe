"""Watches one run through the service's JSON and tells what is new. It changes nothing."""

import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpx2

from app.cli.demo.cast import Cast
from app.cli.demo.maintainer import Issue, Maintainer
from app.cli.demo.progress import Line, news
from app.cli.demo.seen import ENDED, WAITING, Seen, parse
from app.cli.demo.stage import Stage
from app.cli.demo.trouble import DemoError

PAUSE = 0.4
START_PATIENCE = 60.0
# A run that waits for a person for so long will not go on by itself.
WAITING_PATIENCE = 60.0
# The tracker is written at most every five seconds, and comments are spaced: the last of them come
# after the run's end.
LAST_WORDS_PATIENCE = 20.0


class Watcher:
    """Follows the run of one issue; each new line goes to `tell`."""

    def __init__(
        self, stage: Stage, cast: Cast, issue: Issue, tell: Callable[[Line], None]
    ) -> None:
        self._stage = stage
        self._base = cast.url("service")
        self._full_name = cast.full_name
        self._issue = issue
        self._tell = tell
        self._last: Seen | None = None
        self._client = httpx2.Client(base_url=cast.url("service"), timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def until_ended(self) -> Seen:
        """Return the run as it ended; a run that waits long for a person counts as ended.

        Raises:
            DemoError: a child ended, or no run ever started.
        """
        started = time.monotonic()
        waiting_since: float | None = None
        while True:
            seen = self.look()
            now = time.monotonic()
            if seen is None and now - started > START_PATIENCE:
                raise DemoError(
                    f"No run has started {START_PATIENCE:.0f} s after the label was set."
                    f" Look into the logs and at {self._base}."
                )
            waits = seen is not None and seen.state == WAITING
            waiting_since = (waiting_since or now) if waits else None
            if seen is not None and (
                seen.state in ENDED
                or (waiting_since is not None and now - waiting_since > WAITING_PATIENCE)
            ):
                return seen
            time.sleep(PAUSE)

    def until_moves(self) -> None:
        """Return when a run that had ended goes on, or another one has started."""
        ended = self._last
        while True:
            seen = self.look()
            if seen is not None and (
                seen.state not in ENDED | {WAITING} or ended is None or seen.id != ended.id
            ):
                return
            time.sleep(PAUSE * 4)

    def look(self) -> Seen | None:
        """Look once and tell what is new; return the run, None when there is none yet."""
        self._stage.check()
        seen = self._fetch()
        if seen is not None:
            for line in news(self._last, seen):
                self._tell(line)
            self._last = seen
        return seen

    def _fetch(self) -> Seen | None:
        with suppress(httpx2.TransportError):
            answer = self._client.get("/runs.json")
            if answer.is_success:
                # Newest first: after the label was set again, the newest run is meant.
                for run in answer.json()["runs"]:
                    if (run["repository"], run["issue"]) == (self._full_name, self._issue.number):
                        return parse(run)
        return self._last


def wait_for_last_words(maintainer: Maintainer, seen: Seen) -> None:
    """Wait until what the service says at a run's end is on the stand-in: a little longer than due.

    That is the tracker, whose heading then names the state, and the request for a review.
    """
    deadline = time.monotonic() + LAST_WORDS_PATIENCE
    while time.monotonic() < deadline and not _said_all(maintainer, seen):
        time.sleep(PAUSE)


def _said_all(maintainer: Maintainer, seen: Seen) -> bool:
    if seen.tracker_url is None:
        return True
    heading = maintainer.comment(seen.tracker_url).partition("\n")[0]
    if seen.state not in heading:
        return False
    if seen.state != "ready" or seen.pull_request is None:
        return True
    return maintainer.pull(seen.pull_request).asked
