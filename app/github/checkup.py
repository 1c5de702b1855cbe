"""Looks at our App as GitHub has it: permissions, events, installations, webhook, deliveries.

It changes nothing, but may have a delivery sent once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx
from pydantic import AwareDatetime

from app.github.answers import Answer, UserAnswer, understood
from app.github.client import TIMEOUT, GitHubClients
from app.github.delivered import delivered
from app.github.errors import translated
from app.github.installed import repositories_of
from app.github.paging import PER_PAGE, all_pages
from app.github.pool import SharedPool
from phases.core.errors import TransientError

MOST_PAGES = 10
DELIVERIES = 30


class AppSeen(Answer):
    """The App as it is registered."""

    id: int
    slug: str
    name: str
    html_url: str
    owner: UserAnswer
    permissions: Mapping[str, str]
    events: tuple[str, ...]

    def settings_url(self, github_url: str) -> str:
        """Return its settings page."""
        organization = self.owner.type == "Organization"
        owner = f"/organizations/{self.owner.login}" if organization else ""
        return f"{github_url.rstrip('/')}{owner}/settings/apps/{self.slug}"


class InstallationSeen(Answer):
    """One installation of it; its permissions are those that its owner has agreed to."""

    id: int
    account: UserAnswer
    html_url: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    suspended_at: AwareDatetime | None = None


class HookSeen(Answer):
    """The App's webhook; a secret that is set is shown as asterisks."""

    url: str = ""
    content_type: str = ""
    insecure_ssl: str | float = "0"
    secret: str = ""


class DeliverySeen(Answer):
    """One try of a delivery; a `status_code` of 0 means that nobody answered."""

    id: int
    guid: str
    event: str
    action: str | None = None
    repository_id: int | None = None
    redelivery: bool = False
    delivered_at: AwareDatetime
    duration: float
    status: str
    status_code: int


class Checkup:
    """What the doctor asks of GitHub, as the App itself.

    All of its methods raise what `GitHubApi.read` does.
    """

    def __init__(self, clients: GitHubClients) -> None:
        self._clients = clients

    async def application(self) -> AppSeen:
        """Return the App."""
        answer = await self._clients.as_app().read(lambda rest: rest.apps.async_get_authenticated())
        return understood(AppSeen, answer)

    async def installations(self) -> list[InstallationSeen]:
        """Return where it is installed."""
        return await all_pages(
            self._clients.as_app(),
            InstallationSeen,
            lambda rest, page: rest.apps.async_list_installations(per_page=PER_PAGE, page=page),
            most_pages=MOST_PAGES,
        )

    async def repositories(self, installation: InstallationSeen) -> list[str]:
        """Return the full names of the repositories that an installation reaches."""
        found = await repositories_of(self._clients, installation.id)
        return [repository.full_name for repository in found]

    async def hook(self) -> HookSeen:
        """Return the webhook's settings."""
        answer = await self._clients.as_app().read(
            lambda rest: rest.apps.async_get_webhook_config_for_app()
        )
        return understood(HookSeen, answer)

    async def deliveries(self) -> list[DeliverySeen]:
        """Return the latest deliveries, newest first."""
        return [one async for one in delivered(self._clients, DeliverySeen, most_pages=1)]

    async def all_deliveries(self) -> list[DeliverySeen]:
        """Return what GitHub keeps of its deliveries, newest first: at most 3,000 of them."""
        return [one async for one in delivered(self._clients, DeliverySeen, most_pages=DELIVERIES)]

    async def send_again(self, delivery: DeliverySeen) -> None:
        """Have a delivery sent once more; it keeps its GUID, so that nothing is done twice."""
        await self._clients.as_app().write(
            lambda rest: rest.apps.async_redeliver_webhook_delivery(delivery.id)
        )


async def githubs_time(api_url: str, proxy: str | None) -> datetime:
    """Return the time of day by GitHub's own clock, to the second; nobody is signed in for that.

    Raises:
        TransientError: GitHub does not answer, or does not say.
    """
    pool = SharedPool(api_url, proxy=proxy)
    async with httpx.AsyncClient(transport=pool, timeout=TIMEOUT, trust_env=False) as http:
        try:
            answer = await http.get(f"{api_url.rstrip('/')}/meta")
        except httpx.HTTPError as error:
            raise translated(error) from error
        finally:
            await pool.shut()
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError as error:
        raise TransientError("GitHub's answer has no date") from error
