"""One issue and its way, as a person sees it and as the stand-ins noted it. It starts nothing."""

import base64
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.world import World

PAUSE = 0.25
PATIENCE = 180.0
STOPPED = frozenset({"ready", "blocked", "cancelled", "failed", "closed"})
BOT = "phaseline[bot]"
MARKER = re.compile(r"<!-- phaseline:comment (?:\S+ )?(\S+) -->")
BADGES = {
    "ready": "🟢 ready for review",
    "blocked": "🔴 blocked",
    "cancelled": "⚪ cancelled",
}


class Story:
    """An issue of a repository of a world."""

    def __init__(self, world: "World", issue: int, repository: str) -> None:
        self.world = world
        self.issue = issue
        self.repository = repository
        self._run_id: str | None = None

    def label(self, label: str = "phaseline", *, by: str = "maintainer") -> None:
        """Let a person set the label, taking it off first where it is set."""
        person = self.world.person(by, self.repository)
        person.delete(f"issues/{self.issue}/labels/{label}")
        answer = person.post(f"issues/{self.issue}/labels", json={"labels": [label]})
        assert answer.status_code == 200, answer.text

    def say(self, text: str, *, by: str = "writer", at: int | None = None) -> int:
        """Let a person comment on the issue, or at another number; return the comment's id."""
        person = self.world.person(by, self.repository)
        answer = person.post(f"issues/{at or self.issue}/comments", json={"body": text})
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["id"]
        return number

    def is_heard(self, comment: int) -> bool:
        """Tell whether a command has got its reaction."""
        return bool(self.get(f"issues/comments/{comment}/reactions"))

    def run(self) -> dict[str, Any] | None:
        """Return the run of the issue as the service shows it, None when there is none."""
        if self._run_id is None:
            mine = [run["id"] for run in self.world.runs() if self._is_mine(run)]
            if not mine:
                return None
            self._run_id = mine[0]
        found: dict[str, Any] = self.world.service.get(f"/runs/{self._run_id}.json").json()
        return found

    def run_until(self, state: str, *, leaving: str = "") -> dict[str, Any]:
        """Wait until the run has stopped in `state` and everything that it says has been posted.

        `leaving` is the state that it stands in until somebody's command has been heard.
        """
        stops = STOPPED - {leaving}
        self.wait(lambda: (self.run() or {"state": ""})["state"] in stops, "the run stops")
        run = self.run()
        assert run is not None
        assert run["state"] == state, f"{run['state']}: {run['reason']}\n{self.world.said()}"
        self.wait(lambda: BADGES[state] in self.tracker(), f"the tracker says {state}")
        if state == "ready":
            self.wait(lambda: self.pull_request()["requested_reviewers"], "a review is asked for")
        return run

    def wait(self, what: Callable[[], object], why: str) -> None:
        """Wait until something is so.

        Raises:
            AssertionError: it is not so in time; with the end of the service's log.
        """
        deadline = time.monotonic() + PATIENCE
        while not what():
            self.world.check()
            assert time.monotonic() < deadline, f"not in time: {why}\n{self.world.said()}"
            time.sleep(PAUSE)

    def steps(self, run: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
        """Return the latest attempt of each piece of work, by name."""
        run = run or self.run()
        return {step["name"]: step for step in run["steps"]} if run else {}

    def tracker(self) -> str:
        """Return the one tracker comment.

        Raises:
            AssertionError: there is more than one.
        """
        mine = [c["body"] for c in self.comments() if c["body"].startswith("## Phaseline ·")]
        assert len(mine) <= 1, f"{len(mine)} trackers"
        return mine[0] if mine else ""

    def comments(self, number: int | None = None) -> list[dict[str, Any]]:
        """Return all comments of the issue, or of another number, oldest first."""
        found: list[dict[str, Any]] = self.get(
            f"issues/{number or self.issue}/comments?per_page=100"
        )
        return found

    def posted(self, number: int | None = None) -> list[str]:
        """Return the keys of Phaseline's comments there, oldest first, without the tracker."""
        bodies = [c["body"] for c in self.comments(number) if c["user"]["login"] == BOT]
        return [match[1] for body in bodies if (match := MARKER.search(body))]

    def pull_request(self) -> dict[str, Any]:
        """Return the pull request as GitHub has it."""
        run = self.run()
        assert run is not None
        assert run["pull_request"] is not None, "no pull request yet"
        found: dict[str, Any] = self.get(f"pulls/{run['pull_request']['number']}")
        return found

    def pull_requests(self) -> list[dict[str, Any]]:
        """Return every pull request that closes the issue."""
        pulls = self.get("pulls?state=all&per_page=100")
        branch = f"phaseline/{self.issue}-"
        return [pull for pull in pulls if pull["head"]["ref"].startswith(branch)]

    def commits(self) -> list[tuple[str, str, str]]:
        """Return sha, author and subject of each commit on the branch, oldest first, by git."""
        pull = self.pull_request()
        span = f"{pull['base']['sha']}..{pull['head']['ref']}"
        log = self.git("log", "--reverse", "--format=%H%x09%an%x09%s", span)
        return [(sha, who, text) for sha, who, text in (x.split("\t") for x in log.splitlines())]

    def pushes(self) -> list[str]:
        """Return the new heads of the branch by git pushes, in order, from GitHub's log."""
        branch = f"refs/heads/phaseline/{self.issue}-"
        return [
            update["after"]
            for entry in self.world.requests_of_github()
            if entry["path"] == f"/{self.repository}.git/git-receive-pack"
            for update in entry["git"]["updates"]
            if update["ref"].startswith(branch)
        ]

    def requests_of_claude(self) -> list[dict[str, Any]]:
        """Return what Claude was asked in the runs of the issue."""
        runs = {run["id"] for run in self.world.runs() if self._is_mine(run)}
        return [entry for entry in self.world.requests_of_claude() if entry["run"] in runs]

    def answered_turns(self) -> Counter[tuple[str, int, int]]:
        """Return how often each turn (step, attempt, turn) was answered by Claude to its end."""
        return Counter(
            (entry["step"], entry["attempt"], entry["turn"])
            for entry in self.requests_of_claude()
            if entry["kind"] == "message" and entry["status"] == 200 and not entry["disconnected"]
        )

    def git(self, *arguments: str) -> str:
        """Run plain git in the repository that GitHub keeps."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.world.bare_repository(self.repository),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def clone(self, target: Path) -> None:
        """Clone the pull request's branch over HTTP by plain git, as the maintainer."""
        maintainer = self.world.person("maintainer", self.repository)
        token = maintainer.headers["authorization"].removeprefix("Bearer ")
        packed = base64.b64encode(f"maintainer:{token}".encode()).decode()
        settings = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {packed}",
        }
        pull = self.pull_request()
        subprocess.run(
            [
                "git",
                "clone",
                "-q",
                "-b",
                pull["head"]["ref"],
                pull["head"]["repo"]["clone_url"],
                target,
            ],
            env=self.world.environment() | settings,
            check=True,
        )

    def _is_mine(self, run: dict[str, Any]) -> bool:
        return bool((run["repository"], run["issue"]) == (self.repository, self.issue))

    def get(self, path: str) -> Any:
        """Return what GitHub's REST API has at a path below the repository."""
        answer = self.world.person("maintainer", self.repository).get(path)
        assert answer.is_success, answer.text
        return answer.json()
