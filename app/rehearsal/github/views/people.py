"""Accounts as JSON.

In the short form that stands inside other objects and in the long form of `/users`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.rehearsal.github.access.actors import has_role, role_of
from app.rehearsal.github.store.base import node_id, seconds

if TYPE_CHECKING:
    from app.rehearsal.github.site import Site
    from app.rehearsal.github.store.people import Account
    from app.rehearsal.github.store.repositories import Repository

_NODE = {"User": "U", "Organization": "O", "Bot": "BOT"}
_LISTS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def account_node(account: Account) -> str:
    """The global id of an account."""
    return node_id(_NODE[account.kind], account.id)


def simple_user(site: Site, account: Account) -> dict[str, Any]:
    """An account as it stands inside other objects."""
    name = account.login.replace("[", "%5B").replace("]", "%5D")
    url = f"{site.api}/users/{name}"
    page = f"apps/{account.login.removesuffix('[bot]')}" if account.kind == "Bot" else account.login
    return {
        "login": account.login,
        "id": account.id,
        "node_id": account_node(account),
        "avatar_url": f"{site.url}/avatars/{account.id}.svg",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{site.url}/{page}",
        **{key: url + tail for key, tail in _LISTS.items()},
        "type": account.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def organization(site: Site, account: Account) -> dict[str, Any]:
    """An organization as it stands in webhook payloads."""
    url = f"{site.api}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": account_node(account),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{site.url}/avatars/{account.id}.svg",
        "description": None,
    }


def public_user(site: Site, account: Account) -> dict[str, Any]:
    """An account as `/users/{username}` shows it."""
    nothing = dict.fromkeys(
        ("company", "blog", "location", "email", "hireable", "bio", "twitter_username")
    )
    return {
        **simple_user(site, account),
        "name": account.name,
        **nothing,
        "blog": "",
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": seconds(account.created_at),
        "updated_at": seconds(account.created_at),
    }


def association(repository: Repository, account: Account) -> str:
    """What an author is to a repository, in GitHub's word for it."""
    if account.id == repository.owner_id:
        return "OWNER"
    if account.kind != "User":
        return "NONE"
    role = role_of(repository, account)
    if has_role(role, "admin"):
        return "MEMBER"
    return "COLLABORATOR" if role and (repository.private or role != "read") else "NONE"
