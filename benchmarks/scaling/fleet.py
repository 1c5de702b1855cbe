"""Many repositories on one stand-in GitHub, a scripted Claude, one service and its workers.

It starts and ends processes and acts as the maintainer; what happened is read elsewhere.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from app.cli.demo.folder import Folder
from app.cli.demo.keys import ensure_secrets
from app.cli.demo.ports import HOST, restartable_ports
from app.cli.demo.processes import Child, start, wait_until_healthy
from benchmarks.scaling.material import build_repository, build_script, issue

APP_ID = 1001
LABEL = "phaseline"
# What all agents of a run but the three planners take together, for estimates only.
OTHER_TURNS = 31
FOREIGN = ("PHASELINE_", "ANTHROPIC_")


@dataclass(frozen=True)
class Size:
    """How large a fleet is: repositories, seconds a reply of the model takes, planners' turns."""

    repositories: int
    latency: float
    planner_turns: int


class Fleet:
    """The processes and what they leave behind; `database` is the URL, None for SQLite."""

    def __init__(self, root: Path, size: Size, database: str | None) -> None:
        self.folder = Folder(root)
        self.database = database or f"sqlite:///{self.folder.service / 'phaseline.db'}"
        self._size = size
        self._names = [f"acme/scale-{number:02}" for number in range(1, size.repositories + 1)]
        names = ("github", "claude", "service")
        self._ports = dict(zip(names, restartable_ports(len(names)), strict=True))
        self._children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        """Build the material and start the stand-ins."""
        self.folder.root.mkdir(parents=True)
        self.folder.prepare()
        ensure_secrets(self.folder)
        build_repository(self.folder.source)
        script = build_script(self.folder.root / "script", self._size.planner_turns)
        try:
            self._start_github()
            self._start_claude(script)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End everything."""
        self.end()

    def end(self) -> None:
        """End what runs, the latest first."""
        for name in reversed(list(self._children)):
            self.stop(name)

    def url(self, process: str) -> str:
        """Return the address of `github`, `claude` or `service`."""
        return f"http://{HOST}:{self._ports[process]}"

    def serve(self, *, with_worker: bool) -> int:
        """Start the service and return its process id once it answers."""
        arguments = ["serve"] if with_worker else ["serve", "--no-worker"]
        return self._start("service", arguments, f"{self.url('service')}/healthz")

    def work(self, number: int) -> int:
        """Start one more worker and return its process id."""
        return self._start(f"worker-{number}", ["work"], None)

    def stop(self, name: str) -> None:
        """End a process as an operator would."""
        self._children.pop(name).end()

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        child = self._children.pop(name)
        child.process.kill()
        child.process.wait()

    def check(self) -> None:
        """Raise DemoError with the end of its log when one of the processes has ended."""
        for child in self._children.values():
            child.check()

    def label_issues(self, count: int) -> None:
        """Open issues, spread evenly over the repositories, and label all of them at once."""
        title, body = issue()
        names = [self._names[number % len(self._names)] for number in range(count)]
        with self._maintainer() as person:
            opened = [
                (name, _ok(person.post(f"{name}/issues", json={"title": title, "body": body})))
                for name in names
            ]
            for name, one in opened:
                labels = f"{name}/issues/{one['number']}/labels"
                _ok(person.post(labels, json={"labels": [LABEL]}))

    def requests_of_claude(self) -> list[dict[str, Any]]:
        """Return the log of the scripted Claude."""
        log = self.folder.logs / "claude-requests.jsonl"
        # The last line may be in the writing.
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        return [json.loads(line) for line in lines]

    def share_done(self, runs: int) -> float:
        """Return about how much of so many runs has been asked of Claude, from 0 to 1."""
        log = self.folder.logs / "claude-requests.jsonl"
        asked = log.read_bytes().count(b"\n") if log.exists() else 0
        return min(1.0, asked / (runs * (OTHER_TURNS + 3 * self._size.planner_turns)))

    def environment(self) -> dict[str, str]:
        """Return the environment of the service."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return kept | {
            "NO_PROXY": HOST,
            "no_proxy": HOST,
            "PHASELINE_DATABASE_URL": self.database,
            "PHASELINE_DATA_DIR": str(self.folder.service),
            "PHASELINE_GITHUB_URL": self.url("github"),
            "PHASELINE_GITHUB_API_URL": f"{self.url('github')}/api/v3",
            "PHASELINE_GITHUB_APP_ID": str(APP_ID),
            "PHASELINE_GITHUB_PRIVATE_KEY": str(self.folder.private_key),
            "PHASELINE_GITHUB_WEBHOOK_SECRET": self.folder.webhook_secret.read_text().strip(),
            # The stand-in has no limit on how fast comments come; GitHub's would be measured here.
            "PHASELINE_GITHUB_WRITE_SPACING_SECONDS": "0",
            "PHASELINE_BUDGET_DAY_USD": "100000",
            "PHASELINE_BUDGET_OPERATOR_DAY_USD": "100000",
            "PHASELINE_LABEL": LABEL,
            "PHASELINE_HOST": HOST,
            "PHASELINE_PORT": str(self._ports["service"]),
            "ANTHROPIC_BASE_URL": self.url("claude"),
            "ANTHROPIC_API_KEY": "scripted-claude-needs-no-account",
        }

    def _start_github(self) -> None:
        arguments = ["rehearse", "github", "--port", str(self._ports["github"])]
        arguments += ["--data", str(self.folder.github)]
        for name in self._names:
            arguments += ["--repo", f"{name}={self.folder.source}"]
        arguments += ["--app-id", str(APP_ID), "--private-key", str(self.folder.private_key)]
        arguments += ["--webhook-secret-file", str(self.folder.webhook_secret)]
        arguments += ["--webhook-url", f"{self.url('service')}/webhooks/github"]
        self._start("github", arguments, f"{self.url('github')}/api/v3/meta")
        with self._maintainer() as person:
            for name in self._names:
                _ok(person.post(f"{name}/labels", json={"name": LABEL, "color": "5319e7"}))

    def _start_claude(self, script: Path) -> None:
        arguments = ["rehearse", "claude", "--port", str(self._ports["claude"])]
        arguments += ["--script", str(script), "--latency", str(self._size.latency)]
        arguments += ["--log", str(self.folder.logs / "claude-requests.jsonl")]
        self._start("claude", arguments, self.url("claude"))

    def _start(self, name: str, arguments: list[str], health: str | None) -> int:
        child = start(name, arguments, self.environment(), self.folder.log(name))
        self._children[name] = child
        if health is not None:
            wait_until_healthy(child, health)
        return child.process.pid

    @contextmanager
    def _maintainer(self) -> Iterator[httpx2.Client]:
        standin = json.loads((self.folder.github / "standin.json").read_bytes())
        token = standin["people"]["maintainer"]["token"]
        with httpx2.Client(
            base_url=f"{self.url('github')}/api/v3/repos/",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=60,
        ) as client:
            yield client


def _ok(answer: httpx2.Response) -> Any:
    answer.raise_for_status()
    return answer.json()
