"""A stand-in GitHub, a scripted Claude and the service, as three processes that stories play in.

Nothing here looks into the service's database: what happened is read where a person or GitHub would
see it, and counted in the stand-ins' own logs and in git.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
import jwt

from app.cli.demo.folder import Folder
from app.cli.demo.keys import ensure_secrets
from app.cli.demo.loopback import no_certificates
from app.cli.demo.ports import restartable_ports
from app.cli.demo.processes import Child, wait_until_healthy
from app.cli.demo.stage import ENVIRONMENTS
from app.rehearsal.samples import SAMPLES, build
from tests.starting import Starter
from tests.story import Story

HOST = "127.0.0.1"
APP_ID = 1001
LABEL = "phaseline"
REPOSITORY = "acme/thimble"
SAMPLE = SAMPLES["pocket"]


@dataclass(frozen=True)
class Place:
    """Where a world lives: its directory, prepared dependencies, and who runs its processes.

    GitHub hosts the sample as each of the repositories.
    """

    root: Path
    environments: Path
    starter: Starter
    home: Path
    database_url: str | None = None
    repositories: tuple[str, ...] = (REPOSITORY,)
    settings: tuple[tuple[str, str], ...] = ()


class World:
    """Three processes and what they leave behind."""

    def __init__(self, place: Place) -> None:
        self.folder = Folder(place.root)
        self._place = place
        names = ("github", "claude", "service")
        self._ports = dict(zip(names, restartable_ports(len(names)), strict=True))
        self._children: dict[str, Child] = {}
        self._plays = 0
        self._clients: dict[tuple[str, str], httpx2.Client] = {}

    def url(self, process: str) -> str:
        """Return the address of `github`, `claude` or `service`."""
        return f"http://{HOST}:{self._ports[process]}"

    def begin(self, latency: float = 0.0) -> None:
        """Start all three, the service last; a reply of Claude takes `latency` seconds."""
        self.rehearse_github()
        self.play(SAMPLE.script, latency)
        self.serve()

    def end(self) -> None:
        """End all three."""
        for client in self._clients.values():
            client.close()
        for name in ("service", "claude", "github"):
            self._end(name)

    def play(self, script: Path, latency: float = 0.0) -> None:
        """Let Claude play this script from now on; the conversation so far is in the requests."""
        self._end("claude")
        self._plays += 1
        arguments = ["rehearse", "claude", "--port", str(self._ports["claude"])]
        arguments += ["--script", str(script), "--latency", str(latency)]
        arguments += ["--log", str(self.folder.logs / f"claude-requests-{self._plays:03}.jsonl")]
        self._begin("claude", arguments, self.url("claude"))

    def take_away(self, process: str) -> None:
        """Let `github` or `claude` be gone, as a power cut would."""
        child = self._children.pop(process)
        child.process.kill()
        child.process.wait()

    def bring_back(self, process: str) -> None:
        """Let what was taken away answer again."""
        if process == "github":
            self.rehearse_github()
        else:
            self.play(SAMPLE.script)

    def serve(self) -> None:
        """Start the service."""
        self._begin("service", ["serve"], f"{self.url('service')}/healthz")

    def kill_the_service(self) -> None:
        """End the service as a power cut would."""
        child = self._children.pop("service")
        child.process.kill()
        child.process.wait()

    def open_issue(
        self, title: str = "", *, by: str = "maintainer", repository: str = REPOSITORY
    ) -> Story:
        """Let a person open the issue of the sample; `title` replaces its own."""
        heading, _, body = SAMPLE.issue.read_text().partition("\n")
        asked = {"title": title or heading.strip("# "), "body": body}
        opened = self.person(by, repository).post("issues", json=asked)
        assert opened.status_code == 201, opened.text
        return Story(self, opened.json()["number"], repository)

    def label_issue(
        self, title: str = "", *, by: str = "maintainer", repository: str = REPOSITORY
    ) -> Story:
        """Let a person open an issue and set the label."""
        story = self.open_issue(title, by=by, repository=repository)
        story.label(by=by)
        return story

    def person(self, login: str, repository: str = REPOSITORY) -> httpx2.Client:
        """Return GitHub's REST API of a repository, as a person of that role uses it."""
        if (login, repository) not in self._clients:
            api = f"{self.url('github')}/api/v3/repos/{repository}/"
            token = self._standin()["people"][login]["token"]
            self._clients[login, repository] = _client(api, token)
        return self._clients[login, repository]

    def the_app(self) -> httpx2.Client:
        """Return GitHub's REST API as the App itself uses it; to be closed."""
        now = datetime.now(UTC)
        claims = {"iat": now, "exp": now + timedelta(minutes=5), "iss": str(APP_ID)}
        token = jwt.encode(claims, self.folder.private_key.read_text(), "RS256")
        return _client(f"{self.url('github')}/api/v3/", token)

    @property
    def service(self) -> httpx2.Client:
        """A client of the service."""
        if ("", "") not in self._clients:
            self._clients["", ""] = _client(self.url("service"), "none")
        return self._clients["", ""]

    def runs(self) -> list[dict[str, Any]]:
        """Return the runs as the service shows them, newest first."""
        found: list[dict[str, Any]] = self.service.get("/runs.json").json()["runs"]
        return found

    def requests_of_claude(self) -> list[dict[str, Any]]:
        """Return the log of the scripted Claude, over all that it played."""
        logs = sorted(self.folder.logs.glob("claude-requests-*.jsonl"))
        return [entry for log in logs for entry in _lines(log)]

    def requests_of_github(self) -> list[dict[str, Any]]:
        """Return the log of the stand-in GitHub, without the faults that it made."""
        log = self.folder.github / "requests.jsonl"
        return [entry for entry in _lines(log) if "fault" not in entry]

    def faults_of_github(self) -> list[dict[str, Any]]:
        """Return the faults that the stand-in GitHub made, from its log."""
        log = self.folder.github / "requests.jsonl"
        return [entry for entry in _lines(log) if "fault" in entry]

    def bare_repository(self, repository: str = REPOSITORY) -> Path:
        """Return where the stand-in keeps a repository; plain git reads it."""
        hosted = {one["full_name"]: one["id"] for one in self._standin()["repositories"]}
        return self.folder.github / "repositories" / f"{hosted[repository]}.git"

    def check(self) -> None:
        """Raise DemoError with the end of its log when one of the processes has ended."""
        for child in self._children.values():
            child.check()

    def said(self) -> str:
        """Return what the service warned of last, for a failing test to show."""
        lines = self.folder.log("service").read_text().splitlines()
        return "\n".join([line for line in lines if '"level": "info"' not in line][-20:])

    def rehearse_github(self, *options: str) -> None:
        """Start the stand-in GitHub, or start it anew, with options of its own."""
        self._end("github")
        arguments = ["rehearse", "github", "--port", str(self._ports["github"]), *options]
        arguments += ["--data", str(self.folder.github)]
        for name in self._place.repositories:
            arguments += ["--repo", f"{name}={self.folder.source}"]
        arguments += ["--app-id", str(APP_ID), "--private-key", str(self.folder.private_key)]
        arguments += ["--webhook-secret-file", str(self.folder.webhook_secret)]
        arguments += ["--webhook-url", f"{self.url('service')}/webhooks/github"]
        self._begin("github", arguments, f"{self.url('github')}/api/v3/meta")
        for name in self._place.repositories:
            label = {"name": LABEL, "color": "5319e7"}
            self.person("maintainer", name).post("labels", json=label)

    def _standin(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder.github / "standin.json").read_bytes())
        return found

    def _begin(self, name: str, arguments: list[str], health: str) -> None:
        log = self.folder.log(name)
        process = self._place.starter.start(arguments, self.environment(), self.folder.root, log)
        self._children[name] = Child(name, process, log)
        wait_until_healthy(self._children[name], health)

    def _end(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is not None:
            child.end()

    def environment(self) -> dict[str, str]:
        foreign = ("PHASELINE_", "ANTHROPIC_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return kept | {
            "HOME": str(self._place.home),
            "NO_PROXY": HOST,
            "no_proxy": HOST,
            "PHASELINE_DATABASE_URL": self._place.database_url
            or f"sqlite:///{self.folder.service / 'phaseline.db'}",
            "PHASELINE_DATA_DIR": str(self.folder.service),
            "PHASELINE_ENVIRONMENTS_DIR": str(self._place.environments),
            "PHASELINE_GITHUB_URL": self.url("github"),
            "PHASELINE_GITHUB_API_URL": f"{self.url('github')}/api/v3",
            "PHASELINE_GITHUB_APP_ID": str(APP_ID),
            "PHASELINE_GITHUB_PRIVATE_KEY": str(self.folder.private_key),
            "PHASELINE_GITHUB_WEBHOOK_SECRET": self.folder.webhook_secret.read_text().strip(),
            "PHASELINE_GITHUB_WRITE_SPACING_SECONDS": "0",
            "PHASELINE_LABEL": LABEL,
            "PHASELINE_HOST": HOST,
            # A story goes on however busy the machine is that it is told on.
            "PHASELINE_MOST_LOAD_PER_CORE": "1000",
            "PHASELINE_PORT": str(self._ports["service"]),
            "PHASELINE_BASE_URL": self.url("service"),
            "ANTHROPIC_BASE_URL": self.url("claude"),
            "ANTHROPIC_API_KEY": "scripted-claude-needs-no-account",
            **dict(self._place.settings),
        }


@contextmanager
def world(
    root: Path,
    starter: Starter,
    *,
    uid: int | None = None,
    database_url: str | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[World]:
    """Run a world on an empty directory; its prepared dependencies are the demo's.

    With `uid` the directory is that user's, and the starter starts its processes as them. Without
    `database_url` the service's database is SQLite in that directory. `settings` are more of the
    service's variables.
    """
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    folder = Folder(root)
    folder.prepare()
    ensure_secrets(folder)
    build(SAMPLE.name, folder.source)
    if uid is not None:
        for path in (root, *root.rglob("*")):
            os.chown(path, uid, uid)
    home = root if uid is not None else Path.home()
    more = tuple(settings.items())
    it = World(Place(root, ENVIRONMENTS, starter, home, database_url, settings=more))
    try:
        it.begin()
        yield it
    finally:
        it.end()


def _client(base: str, token: str) -> httpx2.Client:
    return httpx2.Client(
        base_url=base,
        headers={"Authorization": f"Bearer {token}"},
        # The other side may be killed between two requests.
        limits=httpx2.Limits(max_keepalive_connections=0),
        trust_env=False,
        verify=no_certificates(),
    )


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    if log.exists():
        for line in log.read_text().splitlines():
            yield json.loads(line)
