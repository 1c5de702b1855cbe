"""Addresses and calls that the tests over invented answers share."""

from typing import Any

from githubkit.response import Response
from githubkit.versions import RestVersionSwitcher

from tests.app.github.parts import API

MINT = f"{API}/app/installations/7/access_tokens"
ISSUE = f"{API}/repos/acme/shop/issues/3"
COMMENTS = f"{ISSUE}/comments"


async def get_issue(rest: RestVersionSwitcher) -> Response[Any, Any]:
    return await rest.issues.async_get("acme", "shop", 3)


async def post_comment(rest: RestVersionSwitcher) -> Response[Any, Any]:
    return await rest.issues.async_create_comment("acme", "shop", 3, body="Hello")
