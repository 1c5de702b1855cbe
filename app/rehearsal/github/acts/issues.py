"""Open, edit, label and close issues (and the issue side of pull requests).

Who may do so is decided before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.rehearsal.github import refusals
from app.rehearsal.github.hooks.emit import emit
from app.rehearsal.github.store.issues import Issue, IssueEvent
from app.rehearsal.github.views import issues as views
from app.rehearsal.github.views import pulls as pull_views
from app.rehearsal.github.views.people import simple_user
from app.rehearsal.github.views.repositories import label as label_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.people import Account
    from app.rehearsal.github.store.repositories import Label, Repository

# GitHub refuses longer bodies with 422; clients report the figure (PyGithub/PyGithub#1906).
LONGEST_BODY = 65_536
LONGEST_TITLE = 256


def record(
    context: Context, issue: Issue, event: str, data: dict[str, Any], commit_id: str | None = None
) -> None:
    """Add an event to an issue's timeline."""
    context.session.add(
        IssueEvent(
            event=event,
            data=data,
            commit_id=commit_id,
            created_at=context.time,
            issue=issue,
            actor=context.account,
            app=context.through,
        )
    )


def announce(context: Context, issue: Issue, action: str, **parts: Any) -> None:
    """Tell Apps about an issue: as an `issues` event, or as `pull_request` when it is one."""
    if issue.pull:
        shown = {"number": issue.number, "pull_request": pull_views.pull(context, issue.pull)}
        emit(context, issue.repository, "pull_request", action, **shown, **parts)
    else:
        emit(
            context, issue.repository, "issues", action, issue=views.issue(context, issue), **parts
        )


def check_text(resource: str, title: str | None, body: str | None) -> None:
    """Hold a title and a body against GitHub's limits.

    Raises:
        RefusedError: 422 with the field that is too long or blank.
    """
    if title is not None and not title.strip():
        raise refusals.invalid_field(resource, "title", code="missing_field")
    if title is not None and len(title) > LONGEST_TITLE:
        raise refusals.custom(
            resource, f"title is too long (maximum is {LONGEST_TITLE} characters)", "title"
        )
    if body is not None and len(body) > LONGEST_BODY:
        raise refusals.custom(
            resource, f"body is too long (maximum is {LONGEST_BODY} characters)", "body"
        )


def new_issue(context: Context, repository: Repository, title: str, body: str | None) -> Issue:
    """Make the row of an issue under the repository's next number; nothing is announced yet."""
    repository.last_number += 1
    now = context.time
    issue = Issue(
        number=repository.last_number,
        title=title,
        body=body,
        created_at=now,
        updated_at=now,
        repository=repository,
        author=context.account,
        app=context.through,
    )
    context.session.add(issue)
    context.session.flush()
    return issue


def open_issue(
    context: Context,
    repository: Repository,
    title: str,
    body: str | None,
    labels: Sequence[Label],
    assignees: Sequence[Account],
) -> Issue:
    """Open an issue; each label is announced by an event of its own, as GitHub does."""
    check_text("Issue", title, body)
    issue = new_issue(context, repository, title, body)
    issue.labels.extend(labels)
    context.session.flush()
    announce(context, issue, "opened")
    for label in labels:
        _announce_label(context, issue, label, "labeled")
    assign(context, issue, assignees)
    return issue


def assign(context: Context, issue: Issue, assignees: Sequence[Account]) -> None:
    """Add assignees."""
    for account in assignees:
        if account in issue.assignees:
            continue
        issue.assignees.append(account)
        shown = simple_user(context.site, account)
        record(
            context,
            issue,
            "assigned",
            {"assignee": shown, "assigner": simple_user(context.site, context.account)},
        )
        touch(context, issue)
        announce(context, issue, "assigned", assignee=shown)


def add_labels(context: Context, issue: Issue, labels: Sequence[Label]) -> None:
    """Put labels on; one that is there already stays and says nothing."""
    for label in labels:
        if label in issue.labels:
            continue
        issue.labels.append(label)
        touch(context, issue)
        _announce_label(context, issue, label, "labeled")


def remove_label(context: Context, issue: Issue, label: Label) -> None:
    """Take a label off."""
    issue.labels.remove(label)
    touch(context, issue)
    _announce_label(context, issue, label, "unlabeled")


def set_labels(context: Context, issue: Issue, wanted: Sequence[Label]) -> None:
    """Make the issue's labels exactly these."""
    for label in [label for label in issue.labels if label not in wanted]:
        remove_label(context, issue, label)
    add_labels(context, issue, wanted)


def _announce_label(context: Context, issue: Issue, label: Label, event: str) -> None:
    record(context, issue, event, {"label": {"name": label.name, "color": label.color}})
    context.session.flush()
    announce(context, issue, event, label=label_view(context, issue.repository, label))


def edit_issue(
    context: Context, issue: Issue, title: str | None, body: str | None, *, has_body: bool
) -> None:
    """Change title or body; `has_body` tells an emptied body from one that stays."""
    check_text("PullRequest" if issue.pull else "Issue", title, body)
    changes: dict[str, Any] = {}
    if title is not None and title != issue.title:
        changes["title"] = {"from": issue.title}
        record(context, issue, "renamed", {"rename": {"from": issue.title, "to": title}})
        issue.title = title
    if has_body and body != issue.body:
        changes["body"] = {"from": issue.body or ""}
        issue.body = body
    if changes:
        touch(context, issue)
        announce(context, issue, "edited", changes=changes)


def close_issue(context: Context, issue: Issue, reason: str | None) -> None:
    """Close an issue, or a pull request without merging it."""
    if issue.state == "closed":
        return
    issue.state = "closed"
    issue.state_reason = None if issue.pull else reason or "completed"
    issue.closed_at = context.time
    issue.closed_by = context.account
    touch(context, issue)
    record(context, issue, "closed", {} if issue.pull else {"state_reason": issue.state_reason})
    announce(context, issue, "closed")


def reopen_issue(context: Context, issue: Issue) -> None:
    """Open a closed issue again."""
    if issue.state == "open":
        return
    issue.state = "open"
    issue.state_reason = None if issue.pull else "reopened"
    issue.closed_at = None
    issue.closed_by = None
    touch(context, issue)
    record(context, issue, "reopened", {} if issue.pull else {"state_reason": "reopened"})
    announce(context, issue, "reopened")


def touch(context: Context, issue: Issue) -> None:
    """Note that the issue has changed."""
    issue.updated_at = context.time
    context.session.flush()
