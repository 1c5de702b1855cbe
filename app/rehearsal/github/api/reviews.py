"""Reviews of pull requests and comments on their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts import reviews as acts
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.pulls import find_pull
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.store.pulls import Review, ReviewComment
from app.rehearsal.github.views import pulls as views

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Body, Call

REVIEWS = "https://docs.github.com/rest/pulls/reviews"
COMMENTS = "https://docs.github.com/rest/pulls/comments"


def _find_review(call: Call) -> Review:
    row = call.context.session.get(Review, call.number("review_id"))
    if row is None or row.pull_id != find_pull(call).id:
        raise refusals.not_found(REVIEWS)
    if row.state == "PENDING" and row.author_id != call.context.account.id:
        raise refusals.not_found(REVIEWS)
    return row


def list_reviews(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews.

    Pending ones are their author's alone.
    """
    account = call.context.actor.account
    rows = [
        row
        for row in call.context.session.scalars(
            select(Review).where(Review.pull_id == find_pull(call).id).order_by(Review.id)
        )
        if row.state != "PENDING" or (account and row.author_id == account.id)
    ]
    return paged(call, rows, lambda row: views.review(call.context, row))


def create_review(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews."""
    body = call.body
    remarks = [_remark(item) for item in body.parts("comments")]
    row = acts.start_review(
        call.context,
        find_pull(call),
        body.optional_text("body") or "",
        body.optional_text("event"),
        body.optional_text("commit_id"),
        remarks,
    )
    return Reply(200, views.review(call.context, row))


def _remark(item: Body) -> acts.Remark:
    side = item.optional_text("side") or "RIGHT"
    if side not in {"LEFT", "RIGHT"}:
        raise refusals.invalid_field("PullRequestReviewComment", "side")
    line = item.optional_number("line")
    if line is None and item.optional_text("subject_type") != "file":
        raise refusals.invalid_field("PullRequestReviewComment", "line", code="missing_field")
    return acts.Remark(
        item.text("path"), line, side, item.optional_number("start_line"), item.text("body")
    )


def get_review(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}."""
    return Reply(200, views.review(call.context, _find_review(call)))


def submit_review(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events."""
    row = _find_review(call)
    acts.submit_review(call.context, row, call.body.text("event"), call.body.optional_text("body"))
    return Reply(200, views.review(call.context, row))


def list_review_comments(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/comments."""
    rows = call.context.session.scalars(
        select(ReviewComment)
        .where(
            ReviewComment.pull_id == find_pull(call).id,
            ReviewComment.review.has(Review.state != "PENDING"),
        )
        .order_by(ReviewComment.id)
    ).all()
    return paged(call, rows, lambda row: views.review_comment(call.context, row))


def create_review_comment(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/comments."""
    pull, body = find_pull(call), call.body
    if parent_id := body.optional_number("in_reply_to"):
        row = acts.reply(call.context, _find_comment(call, parent_id), body.text("body"))
        return Reply(201, views.review_comment(call.context, row))
    commit_id = body.text("commit_id")
    if call.git.kind(commit_id) != "commit":
        raise refusals.invalid_field("PullRequestReviewComment", "commit_id")
    row = acts.comment_on_line(call.context, pull, _remark(body), commit_id)
    return Reply(201, views.review_comment(call.context, row))


def reply_to_comment(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies."""
    parent = _find_comment(call, call.number("comment_id"))
    if parent.pull_id != find_pull(call).id:
        raise refusals.not_found(COMMENTS)
    row = acts.reply(call.context, parent, call.body.text("body"))
    return Reply(201, views.review_comment(call.context, row))


def get_review_comment(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/comments/{comment_id}."""
    return Reply(
        200, views.review_comment(call.context, _find_comment(call, call.number("comment_id")))
    )


def _find_comment(call: Call, comment_id: int) -> ReviewComment:
    row = call.context.session.get(ReviewComment, comment_id)
    if row is None or row.pull.issue.repository_id != call.repository.id:
        raise refusals.not_found(COMMENTS)
    return row


_ONE = "/repos/{owner}/{repo}/pulls/{pull_number}"
_READ = reads("pull_requests", documentation=REVIEWS)
_WRITE = writes("pull_requests", documentation=REVIEWS)
ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", get_review_comment, _READ),
    Route("GET", _ONE + "/reviews", list_reviews, _READ),
    Route("POST", _ONE + "/reviews", create_review, _WRITE),
    Route("GET", _ONE + "/reviews/{review_id}", get_review, _READ),
    Route("POST", _ONE + "/reviews/{review_id}/events", submit_review, _WRITE),
    Route("GET", _ONE + "/comments", list_review_comments, _READ),
    Route("POST", _ONE + "/comments", create_review_comment, _WRITE),
    Route("POST", _ONE + "/comments/{comment_id}/replies", reply_to_comment, _WRITE),
)
