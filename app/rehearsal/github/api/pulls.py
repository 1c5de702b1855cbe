"""Pull requests: list, open, read, change, merge, and whom they ask for a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts import issues as issue_acts
from app.rehearsal.github.acts import pulls as acts
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.issues import may_change
from app.rehearsal.github.api.people import find_account
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.store.issues import Issue
from app.rehearsal.github.store.pulls import Pull
from app.rehearsal.github.views import pulls as views
from app.rehearsal.github.views.commits import commit as commit_view
from app.rehearsal.github.views.commits import diff_entry
from app.rehearsal.github.views.people import simple_user

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Call
    from app.rehearsal.github.store.people import Account

PULLS = "https://docs.github.com/rest/pulls/pulls"
REQUESTS = "https://docs.github.com/rest/pulls/review-requests"


def find_pull(call: Call) -> Pull:
    """Find the pull request that the path names.

    Raises:
        RefusedError: 404 when there is none, or the number is an issue's.
    """
    row = call.context.session.scalar(
        select(Pull)
        .join(Issue, Pull.issue_id == Issue.id)
        .where(
            Issue.repository_id == call.repository.id, Issue.number == call.number("pull_number")
        )
    )
    if row is None:
        raise refusals.not_found(f"{PULLS}#get-a-pull-request")
    return row


def list_pulls(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls, newest first; `head` is `owner:branch`."""
    query = call.query
    chosen = (
        select(Pull)
        .join(Issue, Pull.issue_id == Issue.id)
        .where(Issue.repository_id == call.repository.id)
    )
    state = query.get("state", "open")
    if state not in {"open", "closed", "all"}:
        raise refusals.invalid_field("PullRequest", "state")
    if state != "all":
        chosen = chosen.where(Issue.state == state)
    if head := query.get("head"):
        owner, _, branch = head.partition(":")
        if owner.lower() == call.repository.owner.login.lower() and branch:
            chosen = chosen.where(Pull.head_ref == branch)
    if base := query.get("base"):
        chosen = chosen.where(Pull.base_ref == base)
    column = Issue.updated_at if query.get("sort") == "updated" else Issue.number
    order = column.asc() if query.get("direction") == "asc" else column.desc()
    rows = call.context.session.scalars(chosen.order_by(order)).all()
    return paged(call, rows, lambda row: views.pull_simple(call.context, row))


def create_pull(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/pulls."""
    body = call.body
    row = acts.open_pull(
        call.context,
        call.repository,
        body.text("title"),
        body.optional_text("body"),
        body.text("head"),
        body.text("base"),
        draft=body.flag("draft", default=False),
    )
    shown = views.pull(call.context, row)
    return Reply(201, shown, {"Location": shown["url"]})


def get_pull(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}."""
    return Reply(200, views.pull(call.context, find_pull(call)))


def update_pull(call: Call) -> Reply:
    """PATCH /repos/{owner}/{repo}/pulls/{pull_number}: title, body, state and base.

    The draft flag is not among them.
    """
    row, body, context = find_pull(call), call.body, call.context
    if not may_change(context, row.issue):
        raise refusals.must_have_rights()
    state = body.optional_text("state")
    if state not in {None, "open", "closed"}:
        raise refusals.invalid_field("PullRequest", "state")
    issue_acts.edit_issue(
        context,
        row.issue,
        body.optional_text("title"),
        body.optional_text("body"),
        has_body=body.has("body"),
    )
    if base := body.optional_text("base"):
        acts.change_base(context, row, base)
    if state == "closed":
        issue_acts.close_issue(context, row.issue, None)
    if state == "open":
        _reopen(call, row)
    return Reply(200, views.pull(context, row))


def _reopen(call: Call, row: Pull) -> None:
    if row.merged_at:
        raise refusals.custom(
            "PullRequest", "state cannot be changed. The pull request has been merged.", "state"
        )
    if call.git.ref(f"refs/heads/{row.head_ref}") is None:
        text = f"state cannot be changed. The {row.head_ref} branch has been deleted."
        raise refusals.custom("PullRequest", text, "state")
    issue_acts.reopen_issue(call.context, row.issue)


def list_files(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/files."""
    row = find_pull(call)
    files = call.git.diff(views.merge_base(call.context, row), row.head_sha)
    return paged(
        call, files, lambda file: diff_entry(call.context, call.repository, row.head_sha, file)
    )


def list_commits(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/commits, oldest first."""
    row = find_pull(call)
    commits = list(reversed(call.git.log(row.head_sha, f"^{row.base_sha}", "--")))
    return paged(call, commits, lambda found: commit_view(call.context, call.repository, found))


def _reviewers(call: Call) -> list[Account]:
    found = []
    for login in call.body.texts("reviewers"):
        account = find_account(call.context, login)
        if account is None:
            raise acts.not_a_collaborator(call.repository)
        found.append(account)
    return found


def list_requested(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers."""
    row = find_pull(call)
    users = [simple_user(call.context.site, account) for account in row.requested_reviewers]
    return Reply(200, {"users": users, "teams": []})


def request_reviewers(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers."""
    row = find_pull(call)
    acts.request_reviews(call.context, row, _reviewers(call))
    return Reply(201, views.pull_simple(call.context, row))


def remove_reviewers(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers."""
    row = find_pull(call)
    acts.withdraw_requests(call.context, row, _reviewers(call))
    return Reply(200, views.pull_simple(call.context, row))


def merge_pull(call: Call) -> Reply:
    """PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge, by a merge commit."""
    row, body = find_pull(call), call.body
    sha = body.optional_text("sha")
    if sha is not None and sha != row.head_sha:
        raise refusals.RefusedError(
            409, "Head branch was modified. Review and try the merge again."
        )
    merged = acts.merge(
        call.context, row, body.optional_text("commit_title"), body.optional_text("commit_message")
    )
    return Reply(
        200, {"sha": merged, "merged": True, "message": "Pull Request successfully merged"}
    )


def is_merged(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}/merge: 204 when it is, 404 when it is not."""
    if find_pull(call).merged_at is None:
        raise refusals.not_found(f"{PULLS}#check-if-a-pull-request-has-been-merged")
    return Reply(204)


_LIST = "/repos/{owner}/{repo}/pulls"
_ONE = _LIST + "/{pull_number}"
_READ = reads("pull_requests", documentation=PULLS)
_WRITE = writes("pull_requests", documentation=PULLS)
_ASK = writes("pull_requests", role="triage", documentation=REQUESTS)
ROUTES = (
    Route("GET", _LIST, list_pulls, _READ),
    Route("POST", _LIST, create_pull, _WRITE),
    Route("GET", _ONE, get_pull, _READ),
    Route("PATCH", _ONE, update_pull, _WRITE),
    Route("GET", _ONE + "/files", list_files, _READ),
    Route("GET", _ONE + "/commits", list_commits, _READ),
    Route("GET", _ONE + "/requested_reviewers", list_requested, _READ),
    Route("POST", _ONE + "/requested_reviewers", request_reviewers, _ASK),
    Route("DELETE", _ONE + "/requested_reviewers", remove_reviewers, _ASK),
    Route("GET", _ONE + "/merge", is_merged, _READ),
    Route(
        "PUT", _ONE + "/merge", merge_pull, writes("contents", role="write", documentation=PULLS)
    ),
)
