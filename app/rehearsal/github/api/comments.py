"""Comments, reactions, and the events and timeline of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import has_role, role_of
from app.rehearsal.github.acts import comments as acts
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.issues import find_issue
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.store.issues import Comment, IssueEvent, Reaction
from app.rehearsal.github.store.pulls import Review
from app.rehearsal.github.views import issues as views
from app.rehearsal.github.views.commits import git_commit
from app.rehearsal.github.views.people import simple_user
from app.rehearsal.github.views.pulls import review as review_view

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Call
    from app.rehearsal.github.store.issues import Issue

COMMENTS = "https://docs.github.com/rest/issues/comments"
REACTIONS = "https://docs.github.com/rest/reactions/reactions"


def find_comment(call: Call) -> Comment:
    """Find the comment that the path names; one that was deleted is 404."""
    row = call.context.session.get(Comment, call.number("comment_id"))
    if row is None or row.issue.repository_id != call.repository.id:
        raise refusals.not_found(f"{COMMENTS}#get-an-issue-comment")
    return row


def list_comments(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/comments, oldest first."""
    issue = find_issue(call)
    chosen = select(Comment).where(Comment.issue_id == issue.id)
    if since := call.query.get("since"):
        chosen = chosen.where(Comment.updated_at >= since)
    rows = call.context.session.scalars(chosen.order_by(Comment.id)).all()
    return paged(call, rows, lambda row: views.comment(call.context, row))


def list_repository_comments(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/comments."""
    rows = call.context.session.scalars(
        select(Comment)
        .where(Comment.issue.has(repository_id=call.repository.id))
        .order_by(Comment.id)
    ).all()
    rows = rows[::-1] if call.query.get("direction") == "desc" else rows
    return paged(call, rows, lambda row: views.comment(call.context, row))


def create_comment(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/issues/{issue_number}/comments."""
    row = acts.say(call.context, find_issue(call), call.body.text("body"))
    shown = views.comment(call.context, row)
    return Reply(201, shown, {"Location": shown["url"]})


def get_comment(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/comments/{comment_id}."""
    return Reply(200, views.comment(call.context, find_comment(call)))


def update_comment(call: Call) -> Reply:
    """PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}.

    The author, or a person who may write.
    """
    row = find_comment(call)
    check_owner(call, row)
    acts.edit(call.context, row, call.body.text("body"))
    return Reply(200, views.comment(call.context, row))


def delete_comment(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}."""
    row = find_comment(call)
    check_owner(call, row)
    acts.delete(call.context, row)
    return Reply(204)


def check_owner(call: Call, row: Comment) -> None:
    """Let the author through, Apps with the permission, and people who may write.

    Raises:
        RefusedError: 403 for anybody else.
    """
    context = call.context
    if context.actor.grant or row.author_id == context.account.id:
        return
    if not has_role(role_of(call.repository, context.account), "write"):
        raise refusals.must_have_rights()


def _react(call: Call, subject: str, subject_id: int) -> Reply:
    content = call.body.text("content")
    if content not in views.REACTIONS:
        raise refusals.invalid_field("Reaction", "content")
    row, new = acts.react(call.context, subject, subject_id, content)
    return Reply(201 if new else 200, views.reaction(call.context, row))


def _reactions(call: Call, subject: str, subject_id: int) -> Reply:
    rows = call.context.session.scalars(
        select(Reaction)
        .where(Reaction.subject == subject, Reaction.subject_id == subject_id)
        .order_by(Reaction.id)
    ).all()
    if content := call.query.get("content"):
        rows = [row for row in rows if row.content == content]
    return paged(call, rows, lambda row: views.reaction(call.context, row))


def _unreact(call: Call, subject: str, subject_id: int) -> Reply:
    row = call.context.session.get(Reaction, call.number("reaction_id"))
    if row is None or row.subject != subject or row.subject_id != subject_id:
        raise refusals.not_found(REACTIONS)
    if row.account_id != call.context.account.id:
        raise refusals.must_have_rights()
    call.context.session.delete(row)
    return Reply(204)


def react_to_issue(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/issues/{issue_number}/reactions."""
    return _react(call, "issue", find_issue(call).id)


def list_issue_reactions(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/reactions."""
    return _reactions(call, "issue", find_issue(call).id)


def delete_issue_reaction(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/issues/{issue_number}/reactions/{reaction_id}."""
    return _unreact(call, "issue", find_issue(call).id)


def react_to_comment(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions."""
    return _react(call, "comment", find_comment(call).id)


def list_comment_reactions(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions."""
    return _reactions(call, "comment", find_comment(call).id)


def delete_comment_reaction(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}."""
    return _unreact(call, "comment", find_comment(call).id)


def _events(call: Call, issue: Issue) -> list[IssueEvent]:
    rows = call.context.session.scalars(
        select(IssueEvent).where(IssueEvent.issue_id == issue.id).order_by(IssueEvent.id)
    )
    return list(rows)


def list_events(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/events."""
    return paged(call, _events(call, find_issue(call)), lambda row: views.event(call.context, row))


def list_timeline(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/timeline.

    Events, comments, reviews and commits in order.
    """
    issue, context = find_issue(call), call.context
    found: list[tuple[str, dict[str, Any]]] = [
        (row.created_at, views.event(context, row)) for row in _events(call, issue)
    ]
    for comment in context.session.scalars(select(Comment).where(Comment.issue_id == issue.id)):
        actor = simple_user(context.site, comment.author)
        found.append(
            (
                comment.created_at,
                {**views.comment(context, comment), "event": "commented", "actor": actor},
            )
        )
    found.extend(_pull_timeline(call, issue))
    found.sort(key=lambda item: item[0])
    return paged(call, found, lambda item: item[1])


def _pull_timeline(call: Call, issue: Issue) -> list[tuple[str, dict[str, Any]]]:
    if issue.pull is None:
        return []
    context, pull = call.context, issue.pull
    found = []
    for commit in call.git.log(pull.head_sha, f"^{pull.base_sha}"):
        shown = git_commit(context, issue.repository, commit)
        found.append((commit.committer.date, {**shown, "event": "committed"}))
    reviews = context.session.scalars(
        select(Review).where(Review.pull_id == pull.id, Review.state != "PENDING")
    )
    for review in reviews:
        shown = review_view(context, review)
        found.append(
            (review.created_at, {**shown, "state": review.state.lower(), "event": "reviewed"})
        )
    return found


_BOTH = ("issues", "pull_requests")
_ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}"
_LIST = "/repos/{owner}/{repo}/issues/comments"
_ONE = _LIST + "/{comment_id}"
_READ = reads(*_BOTH, documentation=COMMENTS)
_WRITE = writes(*_BOTH, documentation=COMMENTS)
_REACT = writes(*_BOTH, documentation=REACTIONS)
ROUTES = (
    Route("GET", _LIST, list_repository_comments, _READ),
    Route("GET", _ONE, get_comment, _READ),
    Route("PATCH", _ONE, update_comment, _WRITE),
    Route("DELETE", _ONE, delete_comment, _WRITE),
    Route("GET", _ONE + "/reactions", list_comment_reactions, _READ),
    Route("POST", _ONE + "/reactions", react_to_comment, _REACT),
    Route("DELETE", _ONE + "/reactions/{reaction_id}", delete_comment_reaction, _REACT),
    Route("GET", _ISSUE + "/comments", list_comments, _READ),
    Route("POST", _ISSUE + "/comments", create_comment, _WRITE),
    Route("GET", _ISSUE + "/reactions", list_issue_reactions, _READ),
    Route("POST", _ISSUE + "/reactions", react_to_issue, _REACT),
    Route("DELETE", _ISSUE + "/reactions/{reaction_id}", delete_issue_reaction, _REACT),
    Route("GET", _ISSUE + "/events", list_events, _READ),
    Route("GET", _ISSUE + "/timeline", list_timeline, _READ),
)
