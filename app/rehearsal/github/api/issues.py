"""Issues: list, open, read and change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import has_role, role_of
from app.rehearsal.github.acts import issues as acts
from app.rehearsal.github.acts.labels import named_labels
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.people import find_account
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.store.issues import Issue
from app.rehearsal.github.views import issues as views

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Call
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.people import Account
    from app.rehearsal.github.store.repositories import Label, Repository

ISSUES = "https://docs.github.com/rest/issues/issues"


def find_issue(call: Call) -> Issue:
    """Find the issue (or pull request) that the path names.

    Raises:
        RefusedError: 404 when there is none.
    """
    return issue_numbered(call.context, call.repository, call.number("issue_number"))


def issue_numbered(context: Context, repository: Repository, number: int) -> Issue:
    """Find an issue by its number.

    Raises:
        RefusedError: 404 when there is none.
    """
    row = context.session.scalar(
        select(Issue).where(Issue.repository_id == repository.id, Issue.number == number)
    )
    if row is None:
        raise refusals.not_found(f"{ISSUES}#get-an-issue")
    return row


def list_issues(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues: pull requests are among them, newest first."""
    query = call.query
    chosen = select(Issue).where(Issue.repository_id == call.repository.id)
    state = query.get("state", "open")
    if state not in {"open", "closed", "all"}:
        raise refusals.invalid_field("Issue", "state")
    if state != "all":
        chosen = chosen.where(Issue.state == state)
    if since := query.get("since"):
        chosen = chosen.where(Issue.updated_at >= since)
    column = Issue.updated_at if query.get("sort") == "updated" else Issue.number
    order = column.asc() if query.get("direction") == "asc" else column.desc()
    rows = list(call.context.session.scalars(chosen.order_by(order, Issue.number.desc())))
    wanted = {name.strip().lower() for name in query.get("labels", "").split(",") if name.strip()}
    rows = [row for row in rows if wanted <= {label.name.lower() for label in row.labels}]
    if creator := query.get("creator"):
        rows = [row for row in rows if row.author.login.lower() == creator.lower()]
    return paged(call, rows, lambda row: views.issue(call.context, row))


def create_issue(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/issues.

    Labels and assignees of those without triage are dropped silently.
    """
    body = call.body
    title = body.raw("title")
    title = str(title) if isinstance(title, int) else body.text("title")
    labels: list[Label] = []
    assignees: list[Account] = []
    if may_triage(call.context, call.repository):
        labels = named_labels(call.context, call.repository, _label_names(call))
        assignees = _accounts(call, body.texts("assignees"))
    row = acts.open_issue(
        call.context, call.repository, title, body.optional_text("body"), labels, assignees
    )
    return Reply(201, views.issue(call.context, row))


def may_triage(context: Context, repository: Repository) -> bool:
    """Tell whether the actor may set labels and assignees."""
    if context.actor.grant:
        return True
    return has_role(role_of(repository, context.account), "triage")


def _label_names(call: Call) -> list[str]:
    sent = call.body.raw("labels") or []
    if not isinstance(sent, list):
        raise refusals.invalid_field("Issue", "labels")
    names = [item.get("name") if isinstance(item, dict) else item for item in sent]
    if not all(isinstance(name, str) for name in names):
        raise refusals.invalid_field("Issue", "labels")
    return [str(name) for name in names]


def _accounts(call: Call, logins: list[str]) -> list[Account]:
    found = []
    for login in logins:
        account = find_account(call.context, login)
        if account is None or role_of(call.repository, account) is None:
            raise refusals.invalid_field("Issue", "assignees", value=login)
        found.append(account)
    return found


def get_issue(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/{issue_number}."""
    return Reply(200, views.issue(call.context, find_issue(call)))


def update_issue(call: Call) -> Reply:
    """PATCH /repos/{owner}/{repo}/issues/{issue_number}: the author or somebody who may triage."""
    row, body, context = find_issue(call), call.body, call.context
    if not may_change(context, row):
        raise refusals.must_have_rights()
    state = body.optional_text("state")
    if state not in {None, "open", "closed"}:
        raise refusals.invalid_field("Issue", "state")
    acts.edit_issue(
        context,
        row,
        body.optional_text("title"),
        body.optional_text("body"),
        has_body=body.has("body"),
    )
    if body.has("labels") and may_triage(context, call.repository):
        acts.set_labels(context, row, named_labels(context, call.repository, _label_names(call)))
    if body.has("assignees"):
        acts.assign(context, row, _accounts(call, body.texts("assignees")))
    if state == "closed":
        acts.close_issue(context, row, body.optional_text("state_reason"))
    if state == "open":
        acts.reopen_issue(context, row)
    return Reply(200, views.issue(context, row))


def may_change(context: Context, issue: Issue) -> bool:
    """Tell whether the actor may edit, close or reopen.

    The author, somebody with triage, or an App with the permission.
    """
    if context.actor.grant:
        return context.actor.grant.allows("pull_requests" if issue.pull else "issues", "write")
    return issue.author_id == context.account.id or may_triage(context, issue.repository)


_BOTH = ("issues", "pull_requests")
_LIST = "/repos/{owner}/{repo}/issues"
_ONE = _LIST + "/{issue_number}"
ROUTES = (
    Route(
        "GET", _LIST, list_issues, reads(*_BOTH, documentation=f"{ISSUES}#list-repository-issues")
    ),
    Route("POST", _LIST, create_issue, writes("issues", documentation=f"{ISSUES}#create-an-issue")),
    Route("GET", _ONE, get_issue, reads(*_BOTH, documentation=f"{ISSUES}#get-an-issue")),
    Route("PATCH", _ONE, update_issue, writes(*_BOTH, documentation=f"{ISSUES}#update-an-issue")),
)
