"""Issues, comments, reactions and events as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.rehearsal.github.store.base import node_id, seconds
from app.rehearsal.github.store.issues import Comment, Reaction
from app.rehearsal.github.views.apps import through
from app.rehearsal.github.views.people import association, simple_user
from app.rehearsal.github.views.repositories import label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.issues import Issue, IssueEvent

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def reactions_to(context: Context, subject: str, subject_id: int) -> list[str]:
    """The kinds of all reactions to something."""
    chosen = select(Reaction.content).where(
        Reaction.subject == subject, Reaction.subject_id == subject_id
    )
    return list(context.session.scalars(chosen))


def rollup(reactions: Iterable[str], url: str) -> dict[str, Any]:
    """How many reactions of each kind something has."""
    counts = Counter(reactions)
    return {
        "url": f"{url}/reactions",
        "total_count": counts.total(),
        **{content: counts[content] for content in REACTIONS},
    }


def issue_labels(context: Context, row: Issue) -> list[dict[str, Any]]:
    """The labels of an issue, in the order in which they were put on."""
    return [label(context, row.repository, found) for found in row.labels]


def issue(context: Context, row: Issue) -> dict[str, Any]:
    """An issue, or a pull request as the issues API shows it."""
    site = context.site
    url = f"{site.rest(row.repository)}/issues/{row.number}"
    kind = "pull" if row.pull else "issues"
    page = f"{site.page(row.repository)}/{kind}/{row.number}"
    shown: dict[str, Any] = {
        "url": url,
        "repository_url": site.rest(row.repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": page,
        "id": row.id,
        "node_id": node_id("PR", row.pull.id) if row.pull else node_id("I", row.id),
        "number": row.number,
        "title": row.title,
        "user": simple_user(site, row.author),
        "labels": issue_labels(context, row),
        "state": row.state,
        "locked": row.locked,
        "assignee": simple_user(site, row.assignees[0]) if row.assignees else None,
        "assignees": [simple_user(site, account) for account in row.assignees],
        "milestone": None,
        "comments": _count(context, row),
        "created_at": seconds(row.created_at),
        "updated_at": seconds(row.updated_at),
        "closed_at": seconds(row.closed_at) if row.closed_at else None,
        "author_association": association(row.repository, row.author),
        "active_lock_reason": None,
        "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0},
        "body": row.body,
        "closed_by": simple_user(site, row.closed_by) if row.closed_by else None,
        "reactions": rollup(reactions_to(context, "issue", row.id), url),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": through(site, row.app),
        "state_reason": row.state_reason,
    }
    return {**shown, **_pull_part(context, row, page)}


def _count(context: Context, row: Issue) -> int:
    chosen = select(func.count()).where(Comment.issue_id == row.id)
    return context.session.scalar(chosen) or 0


def _pull_part(context: Context, row: Issue, page: str) -> dict[str, Any]:
    if row.pull is None:
        return {}
    merged = row.pull.merged_at
    return {
        "draft": row.pull.draft,
        "pull_request": {
            "url": f"{context.site.rest(row.repository)}/pulls/{row.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            **({"merged_at": seconds(merged)} if merged else {}),
        },
    }


def comment_url(context: Context, row: Comment) -> str:
    """The address of a comment in the REST API."""
    return f"{context.site.rest(row.issue.repository)}/issues/comments/{row.id}"


def comment(context: Context, row: Comment) -> dict[str, Any]:
    """A comment of a conversation."""
    site, parent = context.site, row.issue
    url = comment_url(context, row)
    kind = "pull" if parent.pull else "issues"
    return {
        "url": url,
        "html_url": f"{site.page(parent.repository)}/{kind}/{parent.number}#issuecomment-{row.id}",
        "issue_url": f"{site.rest(parent.repository)}/issues/{parent.number}",
        "id": row.id,
        "node_id": node_id("IC", row.id),
        "user": simple_user(site, row.author),
        "created_at": seconds(row.created_at),
        "updated_at": seconds(row.updated_at),
        "author_association": association(parent.repository, row.author),
        "body": row.body,
        "reactions": rollup((one.content for one in row.reactions), url),
        "performed_via_github_app": through(site, row.app),
    }


def reaction(context: Context, row: Reaction) -> dict[str, Any]:
    """One reaction."""
    return {
        "id": row.id,
        "node_id": node_id("REA", row.id),
        "user": simple_user(context.site, row.account),
        "content": row.content,
        "created_at": seconds(row.created_at),
    }


def event(context: Context, row: IssueEvent) -> dict[str, Any]:
    """Something done to an issue, with the actor and the time."""
    site, repository = context.site, row.issue.repository
    return {
        "id": row.id,
        "node_id": node_id("EV", row.id),
        "url": f"{site.rest(repository)}/issues/events/{row.id}",
        "actor": simple_user(site, row.actor),
        "event": row.event,
        "commit_id": row.commit_id,
        "commit_url": f"{site.rest(repository)}/commits/{row.commit_id}" if row.commit_id else None,
        "created_at": seconds(row.created_at),
        **row.data,
        "performed_via_github_app": through(site, row.app),
    }
