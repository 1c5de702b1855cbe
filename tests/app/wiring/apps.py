"""Apps that a test registers for itself with a stand-in GitHub, in other ways than ours too."""

import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from app.cli.demo.loopback import no_certificates
from app.clock import SystemClock
from app.github.registration import Registered, Registry, manifest
from tests.app.github.standin import FULL_NAME, StandIn

REDIRECT = "http://127.0.0.1:9/created"


@dataclass(frozen=True)
class TestApp:
    """One App on a stand-in."""

    __test__ = False
    github: StandIn
    made: Registered

    def settings(self, **changed: object) -> dict[str, object]:
        """Return the settings of a service that is this App."""
        return {
            "github_url": self.github.url,
            "github_api_url": self.github.api,
            "github_app_id": self.made.id,
            "github_private_key": self.made.private_key,
            "github_webhook_secret": self.made.webhook_secret,
            "anthropic_api_key": "sk-ant-1234567890",
            "_env_file": None,
            **changed,
        }

    def install(self) -> None:
        """Install it on the stand-in's repository."""
        number = self.github.summary["repositories"][0]["id"]
        answer = post(
            self.github,
            f"/settings/apps/{self.made.slug}/installations",
            {"account": FULL_NAME.split("/")[0], "selection": "selected", "repositories": number},
        )
        assert answer.status_code == 303, answer.text

    def hook(self, url: str, secret: str) -> None:
        """Point its webhook elsewhere, under another secret."""
        form = {
            "url": "https://a.example",
            "hook_active": "on",
            "hook_url": url,
            "hook_secret": secret,
        }
        answer = post(self.github, f"/settings/apps/{self.made.slug}", form)
        assert answer.status_code == 303, answer.text


def post(github: StandIn, path: str, form: dict[str, Any]) -> httpx.Response:
    """Send a form of one of GitHub's own pages, as the maintainer."""
    headers = {"Origin": github.url}
    return httpx.post(
        f"{github.url}{path}", data=form, headers=headers, trust_env=False, verify=no_certificates()
    )


async def register(github: StandIn, **changed: object) -> TestApp:
    """Register an App of a manifest like ours; `changed` replaces parts of it."""
    name = f"Phaseline {secrets.token_hex(4)}"
    asked = manifest(name, "https://a.example/webhooks/github", REDIRECT) | changed
    form = {"manifest": json.dumps(asked), "state": "s", "name": "", "owner": ""}
    answer = post(github, "/settings/apps/manifest", form)
    assert answer.status_code == 303, answer.text
    (code,) = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
    registry = Registry(api_url=github.api, proxy=None, clock=SystemClock())
    try:
        return TestApp(github, await registry.convert(code))
    finally:
        await registry.close()
