"""Pull requests, reviews and review comments as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from app.rehearsal.github.store.base import node_id, seconds
from app.rehearsal.github.store.issues import Comment
from app.rehearsal.github.store.pulls import ReviewComment
from app.rehearsal.github.views.issues import issue_labels, reactions_to, rollup
from app.rehearsal.github.views.people import association, simple_user
from app.rehearsal.github.views.repositories import repository as repository_view

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.pulls import Pull, Review


def _side(context: Context, pull: Pull, ref: str, sha: str) -> dict[str, Any]:
    repository = pull.issue.repository
    return {
        "label": f"{repository.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": simple_user(context.site, repository.owner),
        "repo": repository_view(context, repository),
    }


def _links(url: str, issue_url: str, page: str, rest: str, head: str) -> dict[str, Any]:
    addresses = {
        "self": url,
        "html": page,
        "issue": issue_url,
        "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{rest}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{rest}/statuses/{head}",
    }
    return {name: {"href": address} for name, address in addresses.items()}


def _told(context: Context, row: Pull) -> dict[str, Any]:
    site, issue = context.site, row.issue
    return {
        "number": issue.number,
        "state": issue.state,
        "locked": issue.locked,
        "title": issue.title,
        "user": simple_user(site, issue.author),
        "body": issue.body,
        "created_at": seconds(issue.created_at),
        "updated_at": seconds(issue.updated_at),
        "closed_at": seconds(issue.closed_at) if issue.closed_at else None,
        "merged_at": seconds(row.merged_at) if row.merged_at else None,
    }


def pull_simple(context: Context, row: Pull) -> dict[str, Any]:
    """A pull request as lists show it."""
    site, issue = context.site, row.issue
    rest = site.rest(issue.repository)
    url, issue_url = f"{rest}/pulls/{issue.number}", f"{rest}/issues/{issue.number}"
    page = f"{site.page(issue.repository)}/pull/{issue.number}"
    return {
        "url": url,
        "id": row.id,
        "node_id": node_id("PR", row.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue_url,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{rest}/pulls/comments{{/number}}",
        "comments_url": f"{issue_url}/comments",
        "statuses_url": f"{rest}/statuses/{row.head_sha}",
        **_told(context, row),
        "merge_commit_sha": row.merge_commit_sha,
        "assignee": simple_user(site, issue.assignees[0]) if issue.assignees else None,
        "assignees": [simple_user(site, account) for account in issue.assignees],
        "requested_reviewers": [simple_user(site, account) for account in row.requested_reviewers],
        "requested_teams": [],
        "labels": issue_labels(context, issue),
        "milestone": None,
        "draft": row.draft,
        "head": _side(context, row, row.head_ref, row.head_sha),
        "base": _side(context, row, row.base_ref, row.base_sha),
        "_links": _links(url, issue_url, page, rest, row.head_sha),
        "author_association": association(issue.repository, issue.author),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def merge_base(context: Context, row: Pull) -> str:
    """Where the pull request's branch left its base."""
    git = context.git(row.issue.repository)
    return git.merge_base(row.base_sha, row.head_sha) or row.base_sha


def pull(context: Context, row: Pull) -> dict[str, Any]:
    """A pull request with its counts and whether it can be merged."""
    git, session = context.git(row.issue.repository), context.session
    files = git.diff(merge_base(context, row), row.head_sha)
    clean = (
        None
        if row.merged_at or row.issue.state == "closed"
        else bool(git.merge_trees(row.base_sha, row.head_sha))
    )
    state = (
        "unknown"
        if clean is None
        else ("dirty" if not clean else "draft" if row.draft else "clean")
    )
    return {
        **pull_simple(context, row),
        "merged": row.merged_at is not None,
        "mergeable": clean,
        "rebaseable": clean,
        "mergeable_state": state,
        "merged_by": simple_user(context.site, row.merged_by) if row.merged_by else None,
        "comments": session.scalar(select(func.count()).where(Comment.issue_id == row.issue_id)),
        "review_comments": session.scalar(
            select(func.count()).where(ReviewComment.pull_id == row.id)
        ),
        "maintainer_can_modify": row.maintainer_can_modify,
        "commits": git.count(row.head_sha, f"^{row.base_sha}"),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }


def review(context: Context, row: Review) -> dict[str, Any]:
    """A review."""
    site, issue = context.site, row.pull.issue
    page = f"{site.page(issue.repository)}/pull/{issue.number}#pullrequestreview-{row.id}"
    url = f"{site.rest(issue.repository)}/pulls/{issue.number}"
    shown = {
        "id": row.id,
        "node_id": node_id("PRR", row.id),
        "user": simple_user(site, row.author),
        "body": row.body,
        "state": row.state,
        "html_url": page,
        "pull_request_url": url,
        "author_association": association(issue.repository, row.author),
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        "commit_id": row.commit_id,
    }
    return {**shown, "submitted_at": seconds(row.submitted_at)} if row.submitted_at else shown


def review_comment(context: Context, row: ReviewComment) -> dict[str, Any]:
    """A comment on a line of a pull request."""
    site, issue = context.site, row.pull.issue
    rest = site.rest(issue.repository)
    url, pull_url = f"{rest}/pulls/comments/{row.id}", f"{rest}/pulls/{issue.number}"
    page = f"{site.page(issue.repository)}/pull/{issue.number}#discussion_r{row.id}"
    shown: dict[str, Any] = {
        "url": url,
        "pull_request_review_id": row.review_id,
        "id": row.id,
        "node_id": node_id("PRRC", row.id),
        "diff_hunk": row.diff_hunk,
        "path": row.path,
        "commit_id": row.commit_id,
        "original_commit_id": row.commit_id,
        "user": simple_user(site, row.author),
        "body": row.body,
        "created_at": seconds(row.created_at),
        "updated_at": seconds(row.updated_at),
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": association(issue.repository, row.author),
        "_links": {
            "self": {"href": url},
            "html": {"href": page},
            "pull_request": {"href": pull_url},
        },
        "reactions": rollup(reactions_to(context, "review_comment", row.id), url),
    }
    return {**shown, **_position(row)}


def _position(row: ReviewComment) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "start_line": row.start_line,
        "original_start_line": row.start_line,
        "start_side": row.side if row.start_line else None,
        "side": row.side,
        "subject_type": row.subject_type,
    }
    if row.line is not None:
        shown |= {
            "line": row.line,
            "original_line": row.line,
            "position": 1,
            "original_position": 1,
        }
    if row.in_reply_to_id is not None:
        shown["in_reply_to_id"] = row.in_reply_to_id
    return shown
