"""A stand-in GitHub as a process of its own, with one small repository, met over HTTP alone."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.cli.demo.loopback import no_certificates
from app.cli.demo.ports import restartable_ports
from phases.core.model import Person, Repository
from tests.app.github.parts import APP_ID, SECRET, private_key
from tests.forking import Forked, ForkServer

FULL_NAME = "acme/shop"
TEMPLATE = "## Checklist\n\n- [ ] Tested by hand\n"


@dataclass(frozen=True)
class StandIn:
    """Where it stands, and how to act there as a person."""

    url: str
    summary: dict[str, Any]

    @property
    def api(self) -> str:
        return f"{self.url}/api/v3"

    @property
    def repository(self) -> Repository:
        owner, name = FULL_NAME.split("/")
        number = self.summary["repositories"][0]["id"]
        return Repository(number, owner, name, self.summary["app"]["installation_id"], "main")

    def person(self, login: str) -> Person:
        return Person(self.summary["people"][login]["id"], login)

    async def act(self, login: str, method: str, path: str, body: Any = None) -> Any:
        """Do something as a person; the path is below the repository."""
        headers = {"authorization": f"Bearer {self.summary['people'][login]['token']}"}
        async with httpx.AsyncClient(
            trust_env=False, verify=no_certificates(), headers=headers
        ) as client:
            answer = await client.request(method, f"{self.api}/repos/{FULL_NAME}{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def issue(self, title: str = "Add due dates", body: str = "Please.") -> int:
        made = await self.act("reader", "POST", "/issues", {"title": title, "body": body})
        return int(made["number"])

    async def base(self) -> str:
        ref = await self.act("maintainer", "GET", "/git/ref/heads/main")
        return str(ref["object"]["sha"])

    async def comments(self, number: int) -> list[dict[str, Any]]:
        found = await self.act("maintainer", "GET", f"/issues/{number}/comments?per_page=100")
        return list(found)


@contextmanager
def stand_in(folder: Path, forks: ForkServer, webhook_url: str | None = None) -> Iterator[StandIn]:
    """Yield a stand-in that answers; it ends with the block."""
    source = _repository(folder / "source")
    key = folder / "app.pem"
    key.write_text(private_key())
    secret = folder / "secret"
    secret.write_text(SECRET)
    hook = () if webhook_url is None else ("--webhook-url", webhook_url)
    data = folder / "github"
    port = restartable_ports(1)[0]
    words = (
        *("rehearse", "github"),
        *("--port", str(port), "--data", str(data), "--repo", f"{FULL_NAME}={source}"),
        *("--app-id", str(APP_ID), "--private-key", str(key)),
        *("--webhook-secret-file", str(secret)),
        *hook,
    )
    process = forks.start(words, os.environ, folder, folder / "github.log")
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(url, process)
        yield StandIn(url, json.loads((data / "standin.json").read_text()))
    finally:
        process.kill()
        process.wait()


def _wait_until_it_answers(url: str, process: Forked) -> None:
    with httpx.Client(trust_env=False, verify=no_certificates()) as client:
        for _ in range(600):
            assert process.poll() is None, "the stand-in ended before it answered"
            try:
                client.get(f"{url}/api/v3/meta")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
    raise AssertionError("the stand-in does not answer")


def _repository(folder: Path) -> Path:
    (folder / ".github").mkdir(parents=True)
    (folder / "README.md").write_text("# Shop\n")
    (folder / ".github" / "Pull_Request_Template.md").write_text(TEMPLATE)
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Sample",
        "GIT_AUTHOR_EMAIL": "sample@example.invalid",
        "GIT_COMMITTER_NAME": "Sample",
        "GIT_COMMITTER_EMAIL": "sample@example.invalid",
    }
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "."),
        ("commit", "-q", "-m", "chore: begin"),
    ):
        subprocess.run(("git", *arguments), cwd=folder, env=environment, check=True)
    return folder
