"""Check runs and annotations as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import select

from app.rehearsal.github.store.base import node_id, seconds
from app.rehearsal.github.store.issues import Issue
from app.rehearsal.github.store.pulls import Pull
from app.rehearsal.github.views.apps import integration

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.checks import Annotation, CheckRun


def _pulls(context: Context, row: CheckRun) -> list[dict[str, Any]]:
    repository = row.suite.repository
    rest = context.site.rest(repository)
    place = {"id": repository.id, "url": rest, "name": repository.name}
    found = context.session.scalars(
        select(Pull)
        .join(Issue, Pull.issue_id == Issue.id)
        .where(
            Issue.repository_id == repository.id,
            Issue.state == "open",
            Pull.head_sha == row.suite.head_sha,
        )
    )
    return [
        {
            "url": f"{rest}/pulls/{pull.issue.number}",
            "id": pull.id,
            "number": pull.issue.number,
            "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": place},
            "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": place},
        }
        for pull in found
    ]


def check_run(context: Context, row: CheckRun) -> dict[str, Any]:
    """A check run."""
    site, suite = context.site, row.suite
    url = f"{site.rest(suite.repository)}/check-runs/{row.id}"
    page = f"{site.page(suite.repository)}/runs/{row.id}"
    return {
        "id": row.id,
        "name": row.name,
        "node_id": node_id("CR", row.id),
        "head_sha": suite.head_sha,
        "external_id": row.external_id,
        "url": url,
        "html_url": page,
        "details_url": row.details_url or page,
        "status": row.status,
        "conclusion": row.conclusion,
        "started_at": seconds(row.started_at) if row.started_at else None,
        "completed_at": seconds(row.completed_at) if row.completed_at else None,
        "output": {
            "title": row.title,
            "summary": row.summary,
            "text": row.text,
            "annotations_count": len(row.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": suite.id},
        "app": integration(site, suite.app),
        "pull_requests": _pulls(context, row),
    }


def annotation(context: Context, run: CheckRun, row: Annotation) -> dict[str, Any]:
    """A remark of a check run."""
    page = context.site.page(run.suite.repository)
    return {
        "path": row.path,
        "blob_href": f"{page}/blob/{run.suite.head_sha}/{quote(row.path)}",
        "start_line": row.start_line,
        "start_column": row.start_column,
        "end_line": row.end_line,
        "end_column": row.end_column,
        "annotation_level": row.annotation_level,
        "title": row.title,
        "message": row.message,
        "raw_details": row.raw_details,
    }
