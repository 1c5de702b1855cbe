"""What stands in a conversation, in order: comments, events, commits, reviews.

It renders nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.rehearsal.github.pages.code import shown_commits
from app.rehearsal.github.store.issues import Comment, IssueEvent, Reaction
from app.rehearsal.github.store.pulls import Review, ReviewComment
from app.rehearsal.github.views.issues import REACTIONS

if TYPE_CHECKING:
    from app.rehearsal.github.pages.gate import Visit
    from app.rehearsal.github.store.issues import Issue

EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "hooray": "🎉",
    "confused": "😕",
    "heart": "❤️",
    "rocket": "🚀",
    "eyes": "👀",
}


@dataclass(frozen=True)
class Item:
    """Something in a conversation; `kind` names the template's part that shows `value`."""

    kind: str
    at: str
    key: str
    value: Any
    extra: Any = None


@dataclass(frozen=True)
class Reacted:
    """How many have reacted in one way, and whether the viewer has."""

    content: str
    emoji: str
    count: int
    mine: bool
    names: str


def reactions(visit: Visit, subject: str, subject_id: int) -> list[Reacted]:
    """The reactions to something, in GitHub's order."""
    rows = visit.context.session.scalars(
        select(Reaction).where(Reaction.subject == subject, Reaction.subject_id == subject_id)
    ).all()
    found = []
    for content in REACTIONS:
        people = [row.account.login for row in rows if row.content == content]
        mine = visit.context.account.login in people
        found.append(Reacted(content, EMOJI[content], len(people), mine, ", ".join(people)))
    return found


def conversation(visit: Visit, issue: Issue) -> list[Item]:
    """Everything after the description, oldest first."""
    session = visit.context.session
    items = [
        Item(
            "comment",
            row.created_at,
            f"issuecomment-{row.id}",
            row,
            reactions(visit, "comment", row.id),
        )
        for row in session.scalars(select(Comment).where(Comment.issue_id == issue.id))
    ]
    items += [
        Item("event", row.created_at, f"event-{row.id}", row)
        for row in session.scalars(select(IssueEvent).where(IssueEvent.issue_id == issue.id))
    ]
    items += _of_pull(visit, issue)
    return sorted(items, key=lambda item: item.at)


def _of_pull(visit: Visit, issue: Issue) -> list[Item]:
    pull, session = issue.pull, visit.context.session
    if pull is None:
        return []
    commits = visit.git.log(pull.head_sha, f"^{pull.base_sha}", "--")
    items = [
        Item(
            "commit",
            max(shown.commit.committer.date, issue.created_at),
            f"commit-{shown.commit.sha}",
            shown,
        )
        for shown in reversed(shown_commits(visit, commits))
    ]
    for review in session.scalars(
        select(Review).where(Review.pull_id == pull.id, Review.state != "PENDING")
    ):
        comments = session.scalars(
            select(ReviewComment)
            .where(ReviewComment.review_id == review.id)
            .order_by(ReviewComment.id)
        ).all()
        at = review.submitted_at or review.created_at
        items.append(Item("review", at, f"pullrequestreview-{review.id}", review, comments))
    return items
