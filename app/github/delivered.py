"""Lists what GitHub keeps of its deliveries, newest first. It judges none of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, TypeVar

from githubkit.response import Response
from githubkit.versions import RestVersionSwitcher

from app.github.answers import Answer, understood
from app.github.client import GitHubClients
from app.github.paging import PER_PAGE

D = TypeVar("D", bound=Answer)


async def delivered(clients: GitHubClients, shape: type[D], *, most_pages: int) -> AsyncIterator[D]:
    """Yield deliveries from the newest on, each try by itself; a page of 100 is asked for at need.

    Raises:
        TransientError, BlockedError, RefusedByGitHubError: as `GitHubApi.read` does.
    """
    api, cursor = clients.as_app(), ""
    for _ in range(most_pages):
        items, cursor = await api.read_part(partial(_page, cursor))
        for item in understood(list[Any], items):
            yield understood(shape, item)
        if not cursor:
            return


async def _page(cursor: str, rest: RestVersionSwitcher) -> Response[Any, Any]:
    if not cursor:
        return await rest.apps.async_list_webhook_deliveries(per_page=PER_PAGE)
    return await rest.apps.async_list_webhook_deliveries(per_page=PER_PAGE, cursor=cursor)
