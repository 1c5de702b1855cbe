"""Comment on issues and pull requests, and react."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.issues import LONGEST_BODY, touch
from app.rehearsal.github.hooks.emit import emit
from app.rehearsal.github.store.issues import Comment, LastEdit, Reaction
from app.rehearsal.github.views import issues as views

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.issues import Issue


def check_body(resource: str, body: str) -> None:
    """Hold a comment against GitHub's limits.

    Raises:
        RefusedError: 422 when it is blank or longer than 65,536 characters.
    """
    fault = None
    if not body.strip():
        fault = "Body cannot be blank"
    elif len(body) > LONGEST_BODY:
        fault = f"Body is too long (maximum is {LONGEST_BODY} characters)"
    if fault:
        error = {"resource": resource, "code": "unprocessable", "field": "data", "message": fault}
        raise refusals.RefusedError(422, "Validation Failed", errors=[error])


def say(context: Context, issue: Issue, body: str) -> Comment:
    """Add a comment."""
    check_body("IssueComment", body)
    now = context.time
    row = Comment(
        body=body,
        created_at=now,
        updated_at=now,
        issue=issue,
        author=context.account,
        app=context.through,
    )
    context.session.add(row)
    touch(context, issue)
    _announce(context, row, "created")
    return row


def edit(context: Context, row: Comment, body: str) -> None:
    """Change a comment's text."""
    check_body("IssueComment", body)
    before, row.body = row.body, body
    row.updated_at = context.time
    context.session.flush()
    if before != body:
        last = LastEdit(comment_id=row.id, editor_id=context.account.id, at=context.time)
        context.session.merge(last)
        _announce(context, row, "edited", changes={"body": {"from": before}})


def delete(context: Context, row: Comment) -> None:
    """Take a comment away."""
    _announce(context, row, "deleted")
    for reaction in context.session.scalars(
        select(Reaction).where(Reaction.subject == "comment", Reaction.subject_id == row.id)
    ):
        context.session.delete(reaction)
    if last := context.session.get(LastEdit, row.id):
        context.session.delete(last)
    context.session.flush()
    context.session.delete(row)
    touch(context, row.issue)


def react(context: Context, subject: str, subject_id: int, content: str) -> tuple[Reaction, bool]:
    """React; the same reaction of the same person stays one.

    Gives the row and whether it is new.
    """
    found = context.session.scalar(
        select(Reaction).where(
            Reaction.subject == subject,
            Reaction.subject_id == subject_id,
            Reaction.content == content,
            Reaction.account_id == context.account.id,
        )
    )
    if found:
        return found, False
    row = Reaction(
        subject=subject,
        subject_id=subject_id,
        content=content,
        created_at=context.time,
        account=context.account,
    )
    context.session.add(row)
    context.session.flush()
    return row, True


def _announce(context: Context, row: Comment, action: str, **parts: object) -> None:
    shown = {"issue": views.issue(context, row.issue), "comment": views.comment(context, row)}
    emit(context, row.issue.repository, "issue_comment", action, **shown, **parts)
