"""What our App must be on GitHub, and its registration from a manifest.

The README's table, the manifest and the doctor read it here. It does not keep credentials.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from githubkit import GitHub
from pydantic import SecretStr

from app.github.answers import Answer, understood
from app.github.client import TIMEOUT, GitHubApi
from app.github.pacing import Pacer
from app.github.patience import Patience
from app.github.pool import SharedPool
from phases.core.ports import Clock

READ, WRITE = "read", "write"
# The longest name that GitHub takes for an App.
LONGEST_NAME = 34


@dataclass(frozen=True)
class Permission:
    """A repository permission; `name` is the API's, `title` that of GitHub's settings page."""

    name: str
    title: str
    level: str
    needed: bool


@dataclass(frozen=True)
class Subscription:
    """An event that the App subscribes to; `needed` ones are read by this version."""

    name: str
    title: str
    needed: bool


PERMISSIONS = (
    # Without it there are no check runs, and everything else is as always.
    Permission("checks", "Checks", WRITE, needed=False),
    Permission("contents", "Contents", WRITE, needed=True),
    Permission("issues", "Issues", WRITE, needed=True),
    Permission("metadata", "Metadata", READ, needed=True),
    Permission("pull_requests", "Pull requests", WRITE, needed=True),
)
SUBSCRIPTIONS = (
    Subscription("check_run", "Check run", needed=False),
    Subscription("issue_comment", "Issue comment", needed=True),
    Subscription("issues", "Issues", needed=True),
    Subscription("pull_request", "Pull request", needed=True),
    Subscription("pull_request_review", "Pull request review", needed=False),
    Subscription("pull_request_review_comment", "Pull request review comment", needed=False),
    Subscription("push", "Push", needed=False),
)


@dataclass(frozen=True)
class Registered:
    """An App that GitHub has made, with what it hands out this once."""

    id: int
    slug: str
    name: str
    page: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


def manifest(name: str, webhook_url: str, redirect_url: str) -> dict[str, Any]:
    """Return the App as GitHub's manifest flow takes it: private, with exactly what we need.

    The fields are those of docs.github.com, "Registering a GitHub App from a manifest".
    """
    site = urlsplit(webhook_url)
    return {
        "name": name,
        "url": f"{site.scheme}://{site.netloc}",
        "hook_attributes": {"url": webhook_url, "active": True},
        "redirect_url": redirect_url,
        "public": False,
        "default_permissions": {asked.name: asked.level for asked in PERMISSIONS},
        "default_events": [event.name for event in SUBSCRIPTIONS],
    }


class _Converted(Answer):
    id: int
    slug: str
    name: str
    html_url: str
    pem: SecretStr
    webhook_secret: SecretStr


class Registry:
    """Asks GitHub for what belongs to the code of a manifest; nobody is signed in for that."""

    def __init__(self, *, api_url: str, proxy: str | None, clock: Clock) -> None:
        self._pool = SharedPool(api_url, proxy=proxy)
        github: GitHub[Any] = GitHub(
            base_url=api_url,
            user_agent="phaseline",
            timeout=TIMEOUT,
            async_transport=self._pool,
            trust_env=False,
            http_cache=False,
            auto_retry=False,
        )
        pacer = Pacer(clock, timedelta(0))
        self._api = GitHubApi(github, None, pacer, Patience(pacer, clock))

    async def convert(self, code: str) -> Registered:
        """Exchange a code, which GitHub takes once and within an hour.

        Raises:
            RefusedByGitHubError: GitHub does not know the code, or no longer.
            TransientError: GitHub does not answer, or not as it should.
        """
        answer = await self._api.write(lambda rest: rest.apps.async_create_from_manifest(code))
        made = understood(_Converted, answer)
        return Registered(
            id=made.id,
            slug=made.slug,
            name=made.name,
            page=made.html_url,
            private_key=made.pem.get_secret_value(),
            webhook_secret=made.webhook_secret.get_secret_value(),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.shut()
