"""Review pull requests: comments on lines, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.comments import check_body
from app.rehearsal.github.acts.issues import touch
from app.rehearsal.github.git.diffs import read_lines
from app.rehearsal.github.hooks.emit import emit
from app.rehearsal.github.store.pulls import Review, ReviewComment
from app.rehearsal.github.views import pulls as views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.pulls import Pull

STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
# How much of the hunk GitHub shows above a comment.
SHOWN_HUNK_LINES = 4


@dataclass(frozen=True)
class Remark:
    """A comment to make on a line of the diff."""

    path: str
    line: int | None
    side: str
    start_line: int | None
    body: str


def start_review(
    context: Context,
    pull: Pull,
    body: str,
    event: str | None,
    commit_id: str | None,
    remarks: Sequence[Remark],
) -> Review:
    """Make a review; without an event it stays pending until it is submitted.

    Raises:
        RefusedError: 422 for an unknown event, an approval of one's own work, or a line
            outside the diff.
    """
    if event is not None:
        _check_event(context, pull, event, body, remarked=bool(remarks))
    elif _pending(context, pull):
        raise refusals.unfit("User can only have one pending review per pull request")
    review = Review(
        body=body,
        state="PENDING",
        commit_id=commit_id or pull.head_sha,
        created_at=context.time,
        pull=pull,
        author=context.account,
    )
    context.session.add(review)
    context.session.flush()
    for remark in remarks:
        try:
            _add_comment(context, review, remark, None)
        except refusals.RefusedError as refused:
            raise refusals.unfit(_sentence(refused)) from refused
    if event is not None:
        _submit(context, review, event)
    return review


def submit_review(context: Context, review: Review, event: str, body: str | None) -> None:
    """Submit a pending review.

    Raises:
        RefusedError: 422 when it is not pending, or the event does not fit.
    """
    if review.state != "PENDING":
        raise refusals.unfit("Could not submit review: review is not pending")
    if body:
        review.body = body
    remarked = bool(_comments(context, review))
    _check_event(context, review.pull, event, review.body, remarked=remarked)
    _submit(context, review, event)


def comment_on_line(context: Context, pull: Pull, remark: Remark, commit_id: str) -> ReviewComment:
    """Make a single comment, which is a review of its own.

    Raises:
        RefusedError: 422 for a line outside the diff.
    """
    review = Review(
        body="",
        state="PENDING",
        commit_id=commit_id,
        created_at=context.time,
        pull=pull,
        author=context.account,
    )
    context.session.add(review)
    context.session.flush()
    row = _add_comment(context, review, remark, None)
    _submit(context, review, "COMMENT")
    return row


def reply(context: Context, parent: ReviewComment, body: str) -> ReviewComment:
    """Answer in the thread of a comment."""
    review = Review(
        body="",
        state="PENDING",
        commit_id=parent.pull.head_sha,
        created_at=context.time,
        pull=parent.pull,
        author=context.account,
    )
    context.session.add(review)
    context.session.flush()
    remark = Remark(parent.path, parent.line, parent.side, parent.start_line, body)
    row = _add_comment(context, review, remark, parent)
    _submit(context, review, "COMMENT")
    return row


def _check_event(context: Context, pull: Pull, event: str, body: str, *, remarked: bool) -> None:
    if event not in STATES:
        raise refusals.invalid_field("PullRequestReview", "event")
    if event != "COMMENT" and pull.issue.author_id == context.account.id:
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise refusals.unfit(f"Review Can not {verb} your own pull request")
    if event != "APPROVE" and not body and not remarked:
        raise refusals.unfit("Review Body can't be blank")


def _sentence(refused: refusals.RefusedError) -> str:
    details = [str(error["message"]) for error in refused.errors or [] if "message" in error]
    return "; ".join(details) or refused.message


def _pending(context: Context, pull: Pull) -> Review | None:
    return context.session.scalar(
        select(Review).where(
            Review.pull_id == pull.id,
            Review.author_id == context.account.id,
            Review.state == "PENDING",
        )
    )


def _comments(context: Context, review: Review) -> Sequence[ReviewComment]:
    return context.session.scalars(
        select(ReviewComment).where(ReviewComment.review_id == review.id).order_by(ReviewComment.id)
    ).all()


def _submit(context: Context, review: Review, event: str) -> None:
    pull, repository = review.pull, review.pull.issue.repository
    review.state, review.submitted_at = STATES[event], context.time
    if context.account in pull.requested_reviewers:
        pull.requested_reviewers.remove(context.account)
    touch(context, pull.issue)
    shown = {**views.review(context, review), "state": review.state.lower()}
    pull_view = views.pull_simple(context, pull)
    emit(
        context,
        repository,
        "pull_request_review",
        "submitted",
        review=shown,
        pull_request=pull_view,
    )
    for comment in _comments(context, review):
        parts = {"comment": views.review_comment(context, comment), "pull_request": pull_view}
        emit(context, repository, "pull_request_review_comment", "created", **parts)


def _add_comment(
    context: Context, review: Review, remark: Remark, parent: ReviewComment | None
) -> ReviewComment:
    check_body("PullRequestReviewComment", remark.body)
    hunk = parent.diff_hunk if parent else _hunk(context, review.pull, remark)
    row = ReviewComment(
        body=remark.body,
        path=remark.path,
        line=remark.line,
        side=remark.side,
        start_line=remark.start_line,
        subject_type="line" if remark.line is not None else "file",
        diff_hunk=hunk,
        commit_id=review.commit_id,
        created_at=context.time,
        updated_at=context.time,
        in_reply_to_id=(parent.in_reply_to_id or parent.id) if parent else None,
        pull=review.pull,
        review=review,
        author=context.account,
    )
    context.session.add(row)
    context.session.flush()
    return row


def _hunk(context: Context, pull: Pull, remark: Remark) -> str:
    """Cut out the hunk's lines down to the commented one, as GitHub keeps them with the comment."""
    git = context.git(pull.issue.repository)
    files = {file.path: file for file in git.diff(views.merge_base(context, pull), pull.head_sha)}
    file = files.get(remark.path)
    if file is None:
        raise refusals.custom(
            "PullRequestReviewComment", "pull_request_review_thread.path is invalid"
        )
    if remark.line is None:
        return ""
    shown: list[str] = []
    for line in read_lines(file.patch or ""):
        if line.mark == "@":
            shown = [line.text]
            continue
        shown.append(line.mark + line.text)
        if remark.line == (line.old if remark.side == "LEFT" else line.new):
            return "\n".join([shown[0], *shown[1:][-SHOWN_HUNK_LINES:]])
    raise refusals.custom(
        "PullRequestReviewComment",
        "pull_request_review_thread.line must be part of the diff",
        "line",
    )
