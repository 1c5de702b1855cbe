"""Reads a list page by page, up to a cap. It does not know what is listed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from githubkit.response import Response
from githubkit.versions import RestVersionSwitcher

from app.github.answers import Answer, understood
from app.github.client import GitHubApi

# The most that GitHub gives at once.
PER_PAGE = 100

A = TypeVar("A", bound=Answer)
Page = Callable[[RestVersionSwitcher, int], Awaitable[Response[Any, Any]]]


async def all_pages(api: GitHubApi, shape: type[A], page: Page, *, most_pages: int) -> list[A]:
    """Return what the pages hold, in their order; `page` asks for one page, counted from 1.

    Raises:
        TransientError, BlockedError, RefusedByGitHubError: as `GitHubApi.read` does.
    """
    found: list[A] = []
    for number in range(1, most_pages + 1):
        items = understood(list[Any], await api.read(partial(_numbered, page, number)))
        found.extend(understood(shape, item) for item in items)
        if len(items) < PER_PAGE:
            break
    return found


async def _numbered(page: Page, number: int, rest: RestVersionSwitcher) -> Response[Any, Any]:
    return await page(rest, number)
