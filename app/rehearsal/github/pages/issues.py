"""Pages of issues, and what can be done on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts import comments as comment_acts
from app.rehearsal.github.acts import issues as acts
from app.rehearsal.github.acts.labels import find_label
from app.rehearsal.github.api.issues import issue_numbered
from app.rehearsal.github.pages.gate import Moved, Page
from app.rehearsal.github.pages.timeline import conversation, reactions
from app.rehearsal.github.store.issues import Comment, Issue, Reaction
from app.rehearsal.github.store.repositories import Label
from app.rehearsal.github.views.issues import REACTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.rehearsal.github.pages.gate import Result, Visit


def page_of(visit: Visit, issue: Issue) -> str:
    """The address of an issue or pull request."""
    return f"/{visit.repository.full_name}/{'pull' if issue.pull else 'issues'}/{issue.number}"


def _found(visit: Visit) -> Issue:
    return issue_numbered(visit.context, visit.repository, visit.number("number"))


def labels_of(visit: Visit) -> Sequence[Label]:
    """The repository's labels by name."""
    return visit.context.session.scalars(
        select(Label).where(Label.repository_id == visit.repository.id).order_by(Label.name)
    ).all()


def listing(visit: Visit, *, pulls: bool) -> Result:
    """The list of issues or pull requests."""
    state = "closed" if visit.query.get("state") == "closed" else "open"
    kind = Issue.pull.has() if pulls else ~Issue.pull.has()
    chosen = select(Issue).where(Issue.repository_id == visit.repository.id, kind)
    rows = visit.context.session.scalars(chosen.order_by(Issue.number.desc())).all()
    shown = [row for row in rows if row.state == state]
    counts = {
        "open": sum(row.state == "open" for row in rows),
        "closed": sum(row.state == "closed" for row in rows),
    }
    tab = "pulls" if pulls else "issues"
    return Page(
        "list.html", {"tab": tab, "rows": shown, "state": state, "counts": counts, "pulls": pulls}
    )


def issues(visit: Visit) -> Result:
    """The list of issues."""
    return listing(visit, pulls=False)


def new_issue(visit: Visit) -> Result:
    """The form of a new issue."""
    return Page("new_issue.html", {"tab": "issues", "labels": labels_of(visit)})


def create_issue(visit: Visit) -> Result:
    """Open an issue from the form."""
    names = visit.form.get("labels", []) if visit.allows("triage") else []
    labels = [row for row in labels_of(visit) if row.name in names]
    title, body = visit.field("title"), _lines(visit.field("body"))
    row = acts.open_issue(visit.context, visit.repository, title, body or None, labels, [])
    return Moved(page_of(visit, row))


def issue(visit: Visit) -> Result:
    """One issue with its conversation."""
    row = _found(visit)
    if row.pull:
        return Moved(page_of(visit, row))
    return Page("issue.html", {"tab": "issues", **conversation_values(visit, row)})


def conversation_values(visit: Visit, row: Issue) -> dict[str, object]:
    """What the conversation of an issue or pull request shows."""
    return {
        "issue": row,
        "items": conversation(visit, row),
        "labels": labels_of(visit),
        "reacted": reactions(visit, "issue", row.id),
        "may_triage": visit.allows("triage"),
        "may_write": visit.allows("write"),
        "may_edit": visit.allows("triage") or row.author_id == visit.context.account.id,
    }


def comment(visit: Visit) -> Result:
    """Take the comment form: comment, close, reopen, or a comment with one of both."""
    row, body, wanted = _found(visit), _lines(visit.field("body")), visit.field("action")
    if body.strip() or wanted == "comment":
        comment_acts.say(visit.context, row, body)
    if wanted in {"close", "reopen"}:
        _check_edit(visit, row)
    if wanted == "close":
        acts.close_issue(visit.context, row, None)
    if wanted == "reopen":
        acts.reopen_issue(visit.context, row)
    return Moved(page_of(visit, row) + "#comment-box")


def _check_edit(visit: Visit, row: Issue) -> None:
    if row.author_id != visit.context.account.id:
        visit.demand("triage")


def edit(visit: Visit) -> Result:
    """Change title or description."""
    row = _found(visit)
    _check_edit(visit, row)
    title = visit.field("title") if "title" in visit.form else None
    body = _lines(visit.field("body"))
    acts.edit_issue(visit.context, row, title, body or None, has_body="body" in visit.form)
    return Moved(page_of(visit, row))


def set_label(visit: Visit) -> Result:
    """Put a label on, or take it off when it is there."""
    row = _found(visit)
    visit.demand("triage")
    label = find_label(visit.context, visit.repository, visit.field("label"))
    if label is None:
        raise refusals.not_found()
    if label in row.labels:
        acts.remove_label(visit.context, row, label)
    else:
        acts.add_labels(visit.context, row, [label])
    return Moved(page_of(visit, row))


def change_comment(visit: Visit) -> Result:
    """Edit a comment, or delete it."""
    row = visit.context.session.get(Comment, visit.number("comment"))
    if row is None or row.issue.repository_id != visit.repository.id:
        raise refusals.not_found()
    if row.author_id != visit.context.account.id:
        visit.demand("write")
    to = page_of(visit, row.issue)
    if visit.field("action") == "delete":
        comment_acts.delete(visit.context, row)
        return Moved(to)
    comment_acts.edit(visit.context, row, _lines(visit.field("body")))
    return Moved(f"{to}#issuecomment-{row.id}")


def react(visit: Visit) -> Result:
    """React to the description or to a comment; the same reaction again takes it back."""
    row, content = _found(visit), visit.field("content")
    if content not in REACTIONS:
        raise refusals.invalid_field("Reaction", "content")
    subject, subject_id, anchor = "issue", row.id, ""
    if visit.field("comment").isdigit():
        comment_row = visit.context.session.get(Comment, int(visit.field("comment")))
        if comment_row is None or comment_row.issue_id != row.id:
            raise refusals.not_found()
        subject, subject_id, anchor = "comment", comment_row.id, f"#issuecomment-{comment_row.id}"
    made, new = comment_acts.react(visit.context, subject, subject_id, content)
    if not new:
        visit.context.session.delete(visit.context.session.get_one(Reaction, made.id))
    return Moved(page_of(visit, row) + anchor)


def _lines(text: str) -> str:
    """A text area's content with line breaks as everybody else writes them."""
    return text.replace("\r\n", "\n")
