"""Repositories, branches and labels as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.rehearsal.github.access.actors import has_role, role_of
from app.rehearsal.github.store.base import node_id, seconds
from app.rehearsal.github.store.issues import Issue
from app.rehearsal.github.views.people import simple_user

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.repositories import Label, Repository

_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_FLAGS = {
    "has_issues": True,
    "has_projects": False,
    "has_downloads": False,
    "has_wiki": False,
    "has_pages": False,
    "has_discussions": False,
    "archived": False,
    "disabled": False,
    "allow_forking": False,
    "is_template": False,
    "web_commit_signoff_required": False,
}


def minimal_repository(context: Context, repository: Repository) -> dict[str, Any]:
    """A repository's names and addresses."""
    url, page = context.site.rest(repository), context.site.page(repository)
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": simple_user(context.site, repository.owner),
        "html_url": page,
        "description": repository.description,
        "fork": False,
        "url": url,
        **{key: url + tail for key, tail in _LINKS.items()},
    }


def repository(context: Context, row: Repository) -> dict[str, Any]:
    """A repository as it stands in lists and webhook payloads."""
    page = context.site.page(row)
    host = context.site.url.partition("://")[2]
    open_issues = context.session.scalar(
        select(func.count())
        .select_from(Issue)
        .where(Issue.repository_id == row.id, Issue.state == "open")
    )
    return {
        **minimal_repository(context, row),
        "created_at": seconds(row.created_at),
        "updated_at": seconds(row.updated_at),
        "pushed_at": seconds(row.pushed_at),
        "git_url": f"git://{host}/{row.full_name}.git",
        "ssh_url": f"git@{host}:{row.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": None,
        **_FLAGS,
        "forks_count": 0,
        "mirror_url": None,
        "open_issues_count": open_issues,
        "license": None,
        "topics": [],
        "visibility": "private" if row.private else "public",
        "forks": 0,
        "open_issues": open_issues,
        "watchers": 0,
        "default_branch": row.default_branch,
    }


def full_repository(context: Context, row: Repository) -> dict[str, Any]:
    """A repository as `GET /repos/{owner}/{repo}` shows it, with what the asker may do."""
    shown = {**repository(context, row), "network_count": 0, "subscribers_count": 0}
    if row.owner.kind == "Organization":
        shown["organization"] = simple_user(context.site, row.owner)
    if context.actor.account and not context.actor.grant:
        shown["permissions"] = permissions(role_of(row, context.actor.account))
    return shown


def permissions(role: str | None) -> dict[str, bool]:
    """A role as the five flags of the API."""
    names = {
        "admin": "admin",
        "maintain": "maintain",
        "push": "write",
        "triage": "triage",
        "pull": "read",
    }
    return {flag: has_role(role, least) for flag, least in names.items()}


def label(context: Context, repository: Repository, row: Label) -> dict[str, Any]:
    """A label."""
    return {
        "id": row.id,
        "node_id": node_id("LA", row.id),
        "url": f"{context.site.rest(repository)}/labels/{row.name.replace(' ', '%20')}",
        "name": row.name,
        "color": row.color,
        "default": row.default,
        "description": row.description,
    }
