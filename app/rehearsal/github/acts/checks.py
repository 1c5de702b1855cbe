"""Create and update check runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.hooks.emit import emit
from app.rehearsal.github.store.checks import Annotation, CheckRun, CheckSuite
from app.rehearsal.github.views.checks import check_run as view

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.apps import App
    from app.rehearsal.github.store.repositories import Repository

STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
CONCLUSIONS = (
    "success",
    "failure",
    "neutral",
    "cancelled",
    "skipped",
    "timed_out",
    "action_required",
)
# docs.github.com/rest/checks/runs: 50 annotations per request, 65535 characters of summary and of
# text.
MOST_ANNOTATIONS = 50
LONGEST_TEXT = 65_535


@dataclass(frozen=True)
class Report:
    """What a request says about a check run; None leaves what is there."""

    name: str | None
    status: str | None
    conclusion: str | None
    external_id: str | None
    details_url: str | None
    started_at: str | None
    completed_at: str | None
    title: str | None
    summary: str | None
    text: str | None
    annotations: tuple[Annotation, ...]


def create_check_run(
    context: Context, repository: Repository, app: App, head_sha: str, report: Report
) -> CheckRun:
    """Make a check run on a commit.

    Raises:
        RefusedError: 422 when there is no such commit or a value is not accepted.
    """
    _check(report)
    if context.git(repository).kind(head_sha) != "commit":
        raise refusals.unprocessable(f"No commit found for SHA: {head_sha}")
    run = CheckRun(name=report.name or "", suite=_suite(context, repository, app, head_sha))
    context.session.add(run)
    context.session.flush()
    _apply(context, run, report)
    emit(context, repository, "check_run", "created", check_run=view(context, run))
    _announce_end(context, run, None)
    return run


def update_check_run(context: Context, run: CheckRun, report: Report) -> None:
    """Change a check run; annotations are added to those that are there.

    Raises:
        RefusedError: 422 when a value is not accepted.
    """
    _check(report)
    before = run.conclusion
    if report.name:
        run.name = report.name
    _apply(context, run, report)
    _announce_end(context, run, before)


def _announce_end(context: Context, run: CheckRun, before: str | None) -> None:
    if run.status == "completed" and before is None:
        emit(context, run.suite.repository, "check_run", "completed", check_run=view(context, run))


def _suite(context: Context, repository: Repository, app: App, head_sha: str) -> CheckSuite:
    found = context.session.scalar(
        select(CheckSuite).where(
            CheckSuite.repository_id == repository.id,
            CheckSuite.app_id == app.id,
            CheckSuite.head_sha == head_sha,
        )
    )
    return found or CheckSuite(
        head_sha=head_sha, created_at=context.time, repository=repository, app=app
    )


def _check(report: Report) -> None:
    if report.status is not None and report.status not in STATUSES:
        raise refusals.invalid_field("CheckRun", "status")
    if report.conclusion is not None and report.conclusion not in CONCLUSIONS:
        raise refusals.invalid_field("CheckRun", "conclusion")
    if report.status == "completed" and report.conclusion is None:
        raise refusals.invalid_field("CheckRun", "conclusion", code="missing_field")
    count = len(report.annotations)
    if count > MOST_ANNOTATIONS:
        many = f"No more than {MOST_ANNOTATIONS} items are allowed; {count} were supplied."
        raise refusals.unprocessable(f"Invalid request.\n\n{many}")
    for text in (report.summary, report.text):
        if text is not None and len(text) > LONGEST_TEXT:
            fault = f"Only {LONGEST_TEXT} characters are allowed; {len(text)} were supplied."
            raise refusals.unprocessable(f"Invalid request.\n\n{fault}")


def _apply(context: Context, run: CheckRun, report: Report) -> None:
    for field in (
        "external_id",
        "details_url",
        "title",
        "summary",
        "text",
        "started_at",
        "completed_at",
    ):
        value = getattr(report, field)
        if value is not None:
            setattr(run, field, value)
    if report.status is not None:
        run.status = report.status
    if report.conclusion is not None:
        run.conclusion, run.status = report.conclusion, "completed"
        run.completed_at = report.completed_at or context.time
    if run.started_at is None and run.status != "queued":
        run.started_at = context.time
    run.annotations.extend(report.annotations)
    context.session.flush()
