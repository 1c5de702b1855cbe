"""Pages of pull requests: conversation, commits, checks, files changed, and the merge box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts import pulls as acts
from app.rehearsal.github.acts import reviews as review_acts
from app.rehearsal.github.api.issues import issue_numbered
from app.rehearsal.github.pages.code import shown_commits, shown_files
from app.rehearsal.github.pages.gate import Moved, Page
from app.rehearsal.github.pages.issues import conversation_values, listing, page_of
from app.rehearsal.github.store.checks import CheckRun, CheckSuite
from app.rehearsal.github.store.pulls import Review, ReviewComment
from app.rehearsal.github.views.pulls import merge_base

if TYPE_CHECKING:
    from app.rehearsal.github.pages.gate import Result, Visit
    from app.rehearsal.github.store.people import Account
    from app.rehearsal.github.store.pulls import Pull


def pulls(visit: Visit) -> Result:
    """The list of pull requests."""
    return listing(visit, pulls=True)


def _found(visit: Visit) -> Pull:
    row = issue_numbered(visit.context, visit.repository, visit.number("number"))
    if row.pull is None:
        raise refusals.not_found()
    return row.pull


def checks_of(visit: Visit, sha: str) -> list[CheckRun]:
    """The newest check run of each name on a commit."""
    rows = visit.context.session.scalars(
        select(CheckRun)
        .join(CheckSuite, CheckRun.suite_id == CheckSuite.id)
        .where(CheckSuite.repository_id == visit.repository.id, CheckSuite.head_sha == sha)
        .order_by(CheckRun.id)
    )
    return list({(row.suite_id, row.name): row for row in rows}.values())


def verdicts_of(visit: Visit, row: Pull) -> list[tuple[Account, str]]:
    """The last verdict of everybody who has reviewed; a mere comment does not replace one."""
    found: dict[int, tuple[Account, str]] = {}
    chosen = (
        select(Review)
        .where(Review.pull_id == row.id, Review.state != "PENDING")
        .order_by(Review.id)
    )
    for review_row in visit.context.session.scalars(chosen):
        if review_row.state != "COMMENTED" or review_row.author_id not in found:
            found[review_row.author_id] = (review_row.author, review_row.state)
    return list(found.values())


def _values(visit: Visit, pull: Pull, part: str) -> dict[str, Any]:
    git = visit.git
    return {
        "tab": "pulls",
        "part": part,
        "pull": pull,
        "issue": pull.issue,
        "commit_count": git.count(pull.head_sha, f"^{pull.base_sha}"),
        "files": git.diff(merge_base(visit.context, pull), pull.head_sha),
        "checks": checks_of(visit, pull.head_sha),
        "may_write": visit.allows("write"),
        "may_edit": visit.allows("triage") or pull.issue.author_id == visit.context.account.id,
    }


def pull(visit: Visit) -> Result:
    """The conversation."""
    row = _found(visit)
    clean = (
        row.issue.state == "open" and visit.git.merge_trees(row.base_sha, row.head_sha) is not None
    )
    values = {
        **_values(visit, row, "conversation"),
        **conversation_values(visit, row.issue),
        "clean": clean,
        "verdicts": verdicts_of(visit, row),
    }
    return Page("pull.html", values)


def pull_commits(visit: Visit) -> Result:
    """Its commits, oldest first."""
    row = _found(visit)
    found = list(reversed(visit.git.log(row.head_sha, f"^{row.base_sha}", "--")))
    return Page(
        "pull_commits.html",
        {**_values(visit, row, "commits"), "commits": shown_commits(visit, found)},
    )


def pull_files(visit: Visit) -> Result:
    """What it changes, with the comments on lines."""
    row = _found(visit)
    values = _values(visit, row, "files")
    remarks: dict[tuple[str, str, int | None], list[ReviewComment]] = {}
    for comment in visit.context.session.scalars(
        select(ReviewComment).where(ReviewComment.pull_id == row.id).order_by(ReviewComment.id)
    ):
        if comment.review.state != "PENDING":
            remarks.setdefault((comment.path, comment.side, comment.line), []).append(comment)
    return Page(
        "pull_files.html", {**values, "files": shown_files(values["files"]), "remarks": remarks}
    )


def pull_checks(visit: Visit) -> Result:
    """The check runs of its head."""
    return Page("pull_checks.html", _values(visit, _found(visit), "checks"))


def check_run(visit: Visit) -> Result:
    """One check run."""
    row = visit.context.session.get(CheckRun, visit.number("run"))
    if row is None or row.suite.repository_id != visit.repository.id:
        raise refusals.not_found()
    return Page("check_run.html", {"tab": "pulls", "run": row})


def act(visit: Visit) -> Result:
    """Flip between draft and ready, or merge."""
    row, wanted = _found(visit), visit.field("action")
    if row.issue.author_id != visit.context.account.id or wanted == "merge":
        visit.demand("write")
    if wanted == "ready" and row.draft:
        acts.mark_ready(visit.context, row)
    elif wanted == "draft" and not row.draft:
        acts.convert_to_draft(visit.context, row)
    elif wanted == "merge":
        acts.merge(visit.context, row, None, None)
    return Moved(page_of(visit, row.issue))


def review(visit: Visit) -> Result:
    """Take the review form: a verdict, with an optional comment on one line."""
    row = _found(visit)
    remarks = []
    if visit.field("path") and visit.field("line").isdigit():
        side = "LEFT" if visit.field("side") == "LEFT" else "RIGHT"
        line, text = int(visit.field("line")), visit.field("remark").replace("\r\n", "\n")
        remarks = [review_acts.Remark(visit.field("path"), line, side, None, text)]
    body = visit.field("body").replace("\r\n", "\n")
    review_acts.start_review(visit.context, row, body, visit.field("event"), None, remarks)
    return Moved(page_of(visit, row.issue))


def reply(visit: Visit) -> Result:
    """Answer in a thread of review comments."""
    row = _found(visit)
    parent = visit.context.session.get(ReviewComment, visit.number("comment"))
    if parent is None or parent.pull_id != row.id:
        raise refusals.not_found()
    review_acts.reply(visit.context, parent, visit.field("body").replace("\r\n", "\n"))
    return Moved(f"{page_of(visit, row.issue)}/files#r{parent.id}")
