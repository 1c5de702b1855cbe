"""Runs the stand-in for tests: in a thread of this process, or as a process that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.cli.demo.loopback import no_certificates
from app.cli.demo.ports import restartable_ports
from app.rehearsal.github.server import (
    NO_FAULTS,
    AppRegistration,
    FaultOptions,
    GitHubOptions,
    HostedRepository,
    configured,
    create_app,
    listen,
)
from tests.rehearsal.github.spec import check_exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

APP_ID = 4242
SECRET = "a-webhook-secret-of-forty-characters-len"
VERSION = "2026-03-10"
REPOSITORY = "acme/pocket"


def git(
    folder: Path, *arguments: str, token: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run plain git as a client does; a token goes in by the environment."""
    settings = {
        "user.name": "Writer",
        "user.email": "writer@example.invalid",
        "protocol.version": "2",
    }
    if token:
        packed = httpx.BasicAuth("x-access-token", token)._auth_header
        settings["http.extraHeader"] = f"Authorization: {packed}"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "LC_ALL": "C",
    }
    for index, (key, value) in enumerate(settings.items()):
        environment[f"GIT_CONFIG_KEY_{index}"] = key
        environment[f"GIT_CONFIG_VALUE_{index}"] = value
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def make_source(folder: Path) -> Path:
    """Make a small repository to host."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "README.md").write_text("# Pocket\n\nA small repository.\n")
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_text("def add(a, b):\n    return a + b\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "feat: begin")
    (folder / "src" / "app.py").write_text(
        "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"
    )
    git(folder, "commit", "--quiet", "-a", "-m", "feat: subtract")
    return folder


def make_key(path: Path) -> Path:
    """Make an App's private key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return path


@dataclass
class Clock:
    """A clock that tests can put forward."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


class Standin:
    """A running stand-in, and clients to act on it as an App or as a person."""

    def __init__(self, folder: Path, key: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self._key = key.read_text()
        self._open = ExitStack()
        self.summary: dict[str, Any] = json.loads((folder / "standin.json").read_text())
        self.url: str = self.summary["url"]
        self.clone_url: str = f"{self.url}/{REPOSITORY}.git"

    def client(self, token: str | None, version: str = VERSION) -> httpx.Client:
        """A client of the REST API whose every exchange is held against GitHub's schemas."""
        headers = {
            "User-Agent": "tests",
            "X-GitHub-Api-Version": version,
            "Accept": "application/vnd.github+json",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        hooks = {"response": [check_exchange]}
        made = httpx.Client(
            base_url=f"{self.url}/api/v3",
            headers=headers,
            event_hooks=hooks,
            trust_env=False,
            verify=no_certificates(),
        )
        return self._open.enter_context(made)

    def token_of(self, login: str) -> str:
        """A person's token."""
        token: str = self.summary["people"][login]["token"]
        return token

    def person(self, login: str) -> httpx.Client:
        """Act as a person."""
        return self.client(self.token_of(login))

    def app_jwt(self, **claims: object) -> str:
        """Sign a JWT as the App."""
        now = int(self.clock().timestamp())
        return jwt.encode(
            {"iat": now - 60, "exp": now + 540, "iss": str(APP_ID), **claims}, self._key, "RS256"
        )

    def app(self) -> httpx.Client:
        """Act as the App itself."""
        return self.client(self.app_jwt())

    def mint(self, **body: object) -> str:
        """Mint an installation token."""
        answer = self.app().post(
            f"/app/installations/{self.summary['app']['installation_id']}/access_tokens", json=body
        )
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    def installation(self, **body: object) -> httpx.Client:
        """Act as the App's installation."""
        return self.client(self.mint(**body))

    def graphql(self, token: str, query: str, **variables: object) -> httpx.Response:
        """Send a GraphQL document."""
        headers = {"Authorization": f"bearer {token}", "User-Agent": "tests"}
        return httpx.post(
            f"{self.url}/api/graphql",
            json={"query": query, "variables": variables},
            headers=headers,
            trust_env=False,
            verify=no_certificates(),
        )

    def log(self) -> list[dict[str, Any]]:
        """The request log."""
        return [
            json.loads(line) for line in (self.folder / "requests.jsonl").read_text().splitlines()
        ]

    def close(self) -> None:
        """Close every client."""
        self._open.close()


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def running(
    folder: Path,
    source: Path,
    key: Path,
    webhook_url: str | None,
    faults: FaultOptions = NO_FAULTS,
) -> Iterator[Standin]:
    """Run the stand-in in a thread."""
    clock = Clock()
    options = options_for(folder, source, key, webhook_url, restartable_ports(1)[0])
    listening = listen(options.port)
    server = _Quiet(configured(create_app(replace(options, faults=faults), clock)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    standin = Standin(folder, key, clock)
    try:
        yield standin
    finally:
        standin.close()
        server.should_exit = True
        thread.join()
        listening.close()


def options_for(
    folder: Path, source: Path, key: Path, webhook_url: str | None, port: int
) -> GitHubOptions:
    """The options of the tests' stand-in."""
    secret = key.with_name("webhook-secret")
    secret.write_text(SECRET + "\n")
    hosted = (HostedRepository(REPOSITORY, source),)
    app = AppRegistration(APP_ID, key, secret, webhook_url)
    return GitHubOptions(port, folder, hosted, app, NO_FAULTS)
