"""The repositories that our App is installed on."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from githubkit.response import Response
from githubkit.versions import RestVersionSwitcher

from app.github.answers import Answer, RemoteAnswer, UserAnswer, understood
from app.github.client import GitHubClients
from app.github.errors import RefusedByGitHubError
from app.github.paging import PER_PAGE, all_pages
from phases.core.model import Repository

log = logging.getLogger(__name__)

MOST_PAGES = 10


class _RepositoryAnswer(Answer):
    id: int
    name: str
    owner: UserAnswer
    default_branch: str


class _RepositoriesAnswer(Answer):
    repositories: list[_RepositoryAnswer]


async def installed_repositories(clients: GitHubClients) -> list[Repository]:
    """Return the repositories of all installations that may be looked at; others are noted.

    Raises:
        TransientError, BlockedError, RefusedByGitHubError: as `GitHubApi.read` does.
    """
    installations = await all_pages(
        clients.as_app(),
        RemoteAnswer,
        lambda rest, page: rest.apps.async_list_installations(per_page=PER_PAGE, page=page),
        most_pages=MOST_PAGES,
    )
    found: list[Repository] = []
    for installation in installations:
        try:
            found += await repositories_of(clients, installation.id)
        except RefusedByGitHubError as refusal:
            # It is suspended, or was just taken away: that is no matter of the others.
            log.warning("installation %s cannot be looked at: %s", installation.id, refusal)
    return found


async def repositories_of(clients: GitHubClients, installation: int) -> list[Repository]:
    """Return the repositories of one installation, the first thousand of them."""
    api = clients.around(installation)
    found: list[Repository] = []
    for page in range(1, MOST_PAGES + 1):
        answer = understood(_RepositoriesAnswer, await api.read(partial(_listed, page)))
        found += [
            Repository(part.id, part.owner.login, part.name, installation, part.default_branch)
            for part in answer.repositories
        ]
        if len(answer.repositories) < PER_PAGE:
            break
    return found


async def _listed(page: int, rest: RestVersionSwitcher) -> Response[Any, Any]:
    return await rest.apps.async_list_repos_accessible_to_installation(per_page=PER_PAGE, page=page)
