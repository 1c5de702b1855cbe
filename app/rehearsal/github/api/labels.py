"""Labels of a repository and labels on issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts import issues as acts
from app.rehearsal.github.acts import labels as label_acts
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.issues import find_issue
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.store.repositories import Label
from app.rehearsal.github.views.issues import issue_labels
from app.rehearsal.github.views.repositories import label as view

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Body, Call

LABELS = "https://docs.github.com/rest/issues/labels"


def _label(call: Call) -> Label:
    row = label_acts.find_label(call.context, call.repository, call.path["name"])
    if row is None:
        raise refusals.not_found(LABELS)
    return row


def list_labels(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/labels."""
    rows = call.context.session.scalars(
        select(Label).where(Label.repository_id == call.repository.id).order_by(Label.name)
    ).all()
    return paged(call, rows, lambda row: view(call.context, call.repository, row))


def get_label(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/labels/{name}."""
    return Reply(200, view(call.context, call.repository, _label(call)))


def create_label(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/labels."""
    body = call.body
    color = body.optional_text("color") or label_acts.PLAIN
    row = label_acts.create_label(
        call.context, call.repository, body.text("name"), color, body.optional_text("description")
    )
    return Reply(201, view(call.context, call.repository, row))


def edit_label(call: Call) -> Reply:
    """PATCH /repos/{owner}/{repo}/labels/{name}."""
    row, body = _label(call), call.body
    description = body.optional_text("description") if body.has("description") else row.description
    label_acts.edit_label(
        call.context,
        call.repository,
        row,
        body.optional_text("new_name") or row.name,
        body.optional_text("color") or row.color,
        description,
    )
    return Reply(200, view(call.context, call.repository, row))


def delete_label(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/labels/{name}."""
    label_acts.delete_label(call.context, call.repository, _label(call))
    return Reply(204)


def list_issue_labels(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/labels."""
    issue = find_issue(call)
    return paged(call, issue.labels, lambda row: view(call.context, call.repository, row))


def _names(body: Body) -> list[str]:
    """Read `labels`, a list of names or of objects with a name."""
    sent = body.raw("labels")
    items = sent if isinstance(sent, list) else []
    names = [item.get("name") if isinstance(item, dict) else item for item in items]
    if not isinstance(sent, list) or not all(
        isinstance(name, str) and name.strip() for name in names
    ):
        raise refusals.invalid_field("Label", "name", code="missing_field")
    return [str(name) for name in names]


def add_issue_labels(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/issues/{issue_number}/labels."""
    issue = find_issue(call)
    rows = label_acts.named_labels(call.context, call.repository, _names(call.body))
    acts.add_labels(call.context, issue, rows)
    return Reply(200, issue_labels(call.context, issue))


def set_issue_labels(call: Call) -> Reply:
    """PUT /repos/{owner}/{repo}/issues/{issue_number}/labels."""
    issue = find_issue(call)
    names = [] if call.body.raw("labels") == [] else _names(call.body)
    acts.set_labels(
        call.context, issue, label_acts.named_labels(call.context, call.repository, names)
    )
    return Reply(200, issue_labels(call.context, issue))


def remove_issue_label(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}."""
    issue = find_issue(call)
    row = label_acts.find_label(call.context, call.repository, call.path["name"])
    if row is None or row not in issue.labels:
        raise refusals.RefusedError(404, "Label does not exist", documentation=LABELS)
    acts.remove_label(call.context, issue, row)
    return Reply(200, issue_labels(call.context, issue))


def remove_all_issue_labels(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels."""
    issue = find_issue(call)
    for row in list(issue.labels):
        acts.remove_label(call.context, issue, row)
    return Reply(204)


_BOTH = ("issues", "pull_requests")
_ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}/labels"
_READ = reads(*_BOTH, documentation=LABELS)
_TRIAGE = writes(*_BOTH, role="triage", documentation=LABELS)
_WRITE = writes(*_BOTH, role="write", documentation=LABELS)
ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/labels", list_labels, _READ),
    Route("POST", "/repos/{owner}/{repo}/labels", create_label, _WRITE),
    Route("GET", "/repos/{owner}/{repo}/labels/{name:path}", get_label, _READ),
    Route("PATCH", "/repos/{owner}/{repo}/labels/{name:path}", edit_label, _WRITE),
    Route("DELETE", "/repos/{owner}/{repo}/labels/{name:path}", delete_label, _WRITE),
    Route("GET", _ISSUE, list_issue_labels, _READ),
    Route("POST", _ISSUE, add_issue_labels, _TRIAGE),
    Route("PUT", _ISSUE, set_issue_labels, _TRIAGE),
    Route("DELETE", _ISSUE, remove_all_issue_labels, _TRIAGE),
    Route("DELETE", _ISSUE + "/{name:path}", remove_issue_label, _TRIAGE),
)
