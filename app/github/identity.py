"""Who we are on GitHub: the App's name and the bot that its commits are signed as.

Asked once, at start. It is no secret and grants nothing.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.github.answers import Answer, RemoteAnswer, understood
from app.github.client import GitHubClients


@dataclass(frozen=True)
class AppIdentity:
    """The App as people see it; `email` makes GitHub show commits as the bot's."""

    id: int
    slug: str
    name: str
    email: str

    @property
    def login(self) -> str:
        """The bot's login."""
        return f"{self.slug}[bot]"


class _AppAnswer(Answer):
    id: int
    slug: str
    name: str


async def identity(clients: GitHubClients, github_url: str) -> AppIdentity:
    """Return who the App is; `github_url` is GitHub's web address.

    An App that is installed nowhere yet cannot ask for its bot's number and has an address without.

    Raises:
        TransientError, BlockedError, RefusedByGitHubError: as `GitHubApi.read` does.
    """
    app = understood(
        _AppAnswer, await clients.as_app().read(lambda rest: rest.apps.async_get_authenticated())
    )
    login = f"{app.slug}[bot]"
    number = await _bot_number(clients, login)
    local = login if number is None else f"{number}+{login}"
    host = urlsplit(github_url).hostname or "github.com"
    return AppIdentity(app.id, app.slug, app.name, f"{local}@users.noreply.{host}")


async def _bot_number(clients: GitHubClients, login: str) -> int | None:
    answer = await clients.as_app().read(
        lambda rest: rest.apps.async_list_installations(per_page=1)
    )
    installations = understood(list[RemoteAnswer], answer)
    if not installations:
        return None
    # The App's own token opens only what is about Apps.
    api = clients.around(installations[0].id)
    return understood(
        RemoteAnswer, await api.read(lambda rest: rest.users.async_get_by_username(login))
    ).id
