"""Who we are on GitHub: the App's slug, and the account of its bot that commits are signed with.

Asked once, at start. It is no secret and grants nothing.
"""

from dataclasses import dataclass

from app.github.answers import Answer, RemoteAnswer, understood
from app.github.client import GitHubClients


@dataclass(frozen=True)
class Identity:
    """The App as others see it; `bot` is the numeric id of its bot's account, once it is known."""

    slug: str
    bot: int | None

    @property
    def name(self) -> str:
        """The bot's login."""
        return bot_of(self.slug)

    @property
    def email(self) -> str:
        """The address by which GitHub attributes commits to the bot."""
        local = self.name if self.bot is None else f"{self.bot}+{self.name}"
        return f"{local}@users.noreply.github.com"


class _AppAnswer(Answer):
    slug: str


async def identify(clients: GitHubClients) -> Identity:
    """Ask GitHub who the App is; one that is installed nowhere yet does not learn its bot's id.

    Raises:
        BlockedError: when the App id or its key is wrong.
        TransientError: when GitHub does not answer.
        RefusedByGitHubError: when GitHub refuses the question.
    """
    slug = await slug_of(clients)
    return Identity(slug, await _bot(clients, bot_of(slug)))


async def slug_of(clients: GitHubClients) -> str:
    """Ask GitHub for the App's slug.

    Raises:
        BlockedError, TransientError, RefusedByGitHubError: as `identify` does.
    """
    api = clients.as_app()
    answer = await api.read(lambda rest: rest.apps.async_get_authenticated())
    return understood(_AppAnswer, answer).slug


def bot_of(slug: str) -> str:
    """Return the login of the bot of an App."""
    return f"{slug}[bot]"


async def _bot(clients: GitHubClients, login: str) -> int | None:
    answer = await clients.as_app().read(
        lambda rest: rest.apps.async_list_installations(per_page=1)
    )
    installations = understood(list[RemoteAnswer], answer)
    if not installations:
        return None
    # The App's own token opens only what is about Apps: users are asked for with an installation's.
    api = clients.around(installations[0].id)
    user = await api.read(lambda rest: rest.users.async_get_by_username(login))
    return understood(RemoteAnswer, user).id
