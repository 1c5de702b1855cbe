"""Check runs: only an App's installation writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.acts import checks as acts
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.repositories import find_commit
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.store.checks import Annotation, CheckRun, CheckSuite
from app.rehearsal.github.views import checks as views

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Body, Call
    from app.rehearsal.github.store.apps import App

CHECKS = "https://docs.github.com/rest/checks/runs"
_LEVELS = ("notice", "warning", "failure")


def _app(call: Call) -> App:
    if call.context.actor.app is None:
        raise refusals.RefusedError(
            403, "You must authenticate via a GitHub App.", documentation=CHECKS
        )
    return call.context.actor.app


def _find(call: Call) -> CheckRun:
    row = call.context.session.get(CheckRun, call.number("check_run_id"))
    if row is None or row.suite.repository_id != call.repository.id:
        raise refusals.not_found(CHECKS)
    return row


def _annotation(item: Body) -> Annotation:
    level = item.text("annotation_level")
    if level not in _LEVELS:
        raise refusals.invalid_field("CheckRun", "annotation_level")
    if not item.text("path"):
        # As seen for a path of `null`; that an empty one fares no better is not proven.
        raise refusals.invalid_field("CheckRun", "annotations")
    start, end = item.optional_number("start_line"), item.optional_number("end_line")
    if start is None or end is None:
        raise refusals.invalid_field("CheckRun", "start_line", code="missing_field")
    return Annotation(
        path=item.text("path"),
        start_line=start,
        end_line=end,
        start_column=item.optional_number("start_column"),
        end_column=item.optional_number("end_column"),
        annotation_level=level,
        message=item.text("message"),
        title=item.optional_text("title"),
        raw_details=item.optional_text("raw_details"),
    )


def _report(body: Body) -> acts.Report:
    output = body.part("output")
    if body.has("output") and not output.has("summary"):
        raise refusals.unprocessable('Invalid request.\n\n"summary" wasn\'t supplied.')
    return acts.Report(
        name=body.optional_text("name"),
        status=body.optional_text("status"),
        conclusion=body.optional_text("conclusion"),
        external_id=body.optional_text("external_id"),
        details_url=body.optional_text("details_url"),
        started_at=body.optional_text("started_at"),
        completed_at=body.optional_text("completed_at"),
        title=output.optional_text("title"),
        summary=output.optional_text("summary"),
        text=output.optional_text("text"),
        annotations=tuple(_annotation(item) for item in output.parts("annotations")),
    )


def create_check_run(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/check-runs."""
    app, body = _app(call), call.body
    body.text("name")
    row = acts.create_check_run(
        call.context, call.repository, app, body.text("head_sha"), _report(body)
    )
    return Reply(201, views.check_run(call.context, row))


def get_check_run(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/check-runs/{check_run_id}."""
    return Reply(200, views.check_run(call.context, _find(call)))


def update_check_run(call: Call) -> Reply:
    """PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}: only by the App that made it."""
    app, row = _app(call), _find(call)
    if row.suite.app_id != app.id:
        raise refusals.RefusedError(
            403,
            f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App that"
            " created it.",
        )
    acts.update_check_run(call.context, row, _report(call.body))
    return Reply(200, views.check_run(call.context, row))


def list_annotations(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations."""
    run = _find(call)
    return paged(call, run.annotations, lambda row: views.annotation(call.context, run, row))


def list_for_ref(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/commits/{ref}/check-runs, newest first."""
    commit = find_commit(call, call.path["ref"])
    chosen = (
        select(CheckRun)
        .join(CheckSuite, CheckRun.suite_id == CheckSuite.id)
        .where(CheckSuite.repository_id == call.repository.id, CheckSuite.head_sha == commit.sha)
    )
    if name := call.query.get("check_name"):
        chosen = chosen.where(CheckRun.name == name)
    if call.query.get("app_id", "").isdigit():
        chosen = chosen.where(CheckSuite.app_id == int(call.query["app_id"]))
    if status := call.query.get("status"):
        chosen = chosen.where(CheckRun.status == status)
    rows = list(call.context.session.scalars(chosen.order_by(CheckRun.id.desc())))
    if call.query.get("filter", "latest") == "latest":
        rows = list({(row.suite_id, row.name): row for row in reversed(rows)}.values())[::-1]
    return paged(
        call,
        rows,
        lambda row: views.check_run(call.context, row),
        wrap=lambda shown, total: {"total_count": total, "check_runs": shown},
    )


_READ = reads("checks", documentation=CHECKS)
_WRITE = writes("checks", role="write", documentation=CHECKS)
_ONE = "/repos/{owner}/{repo}/check-runs/{check_run_id}"
# The route for a ref stands before the one for a commit, whose ref may hold slashes.
ROUTES = (
    Route("POST", "/repos/{owner}/{repo}/check-runs", create_check_run, _WRITE),
    Route("GET", _ONE, get_check_run, _READ),
    Route("PATCH", _ONE, update_check_run, _WRITE),
    Route("GET", _ONE + "/annotations", list_annotations, _READ),
    Route("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-runs", list_for_ref, _READ),
)
