"""A record as JSON and as the pages show it: what stands, nothing computed anew.

The key names are an interface: other programs read `/runs/{id}.json`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from phases.core.model import PullRequest
from phases.core.phase import Phase
from phases.core.receipts import Receipt
from phases.core.record import Passage, Performed, Record
from phases.core.work import Step
from phases.initialization import PREPARE
from phases.pipeline import Pipeline, standard_pipeline

RunView = Mapping[str, Any]
SERVICE = "service"


def view_of(record: Record) -> RunView:
    """Return a run as plain data; times in ISO 8601, money in USD as a number."""
    run = record.run
    pipeline = standard_pipeline()
    agents = _agents(pipeline)
    return {
        "id": run.id,
        "state": str(run.state),
        "reason": run.reason,
        "issue": run.issue,
        "title": run.request.title if run.request else "",
        "repository": run.repository.full_name,
        "branch": run.branch,
        "created": _moment(run.created_at),
        "started": _moment(run.started_at),
        "ended": _moment(run.ended_at),
        "phases": [_phase(record, phase) for phase in pipeline.phases],
        "steps": [_step(work, agents) for work in record.works],
        "receipts": list(_receipts(record)),
        "notes": [note.text for note in record.notes],
        "money": {"spent_usd": _usd(record.spent_usd), "limit_usd": _usd(run.limit_usd)},
        "pull_request": _pull_request(run.pull_request, run.head),
        "tracker_url": record.tracker_url,
    }


def _agents(pipeline: Pipeline) -> frozenset[str]:
    works = (work for phase in pipeline.phases for work in phase.works)
    return frozenset(work.agent for work in works if isinstance(work, Step))


def _phase(record: Record, phase: Phase) -> RunView:
    passage = record.passage(phase.name)
    return {
        "name": str(phase.name),
        "title": phase.title,
        "started": _moment(passage.entered_at) if passage else None,
        "ended": _moment(passage.passed_at) if passage else None,
        "state": _phase_state(record, passage),
    }


def _phase_state(record: Record, passage: Passage | None) -> str:
    if passage is None:
        return "pending"
    return "passed" if passage.passed_at else str(record.run.state)


def _step(work: Performed, agents: frozenset[str]) -> RunView:
    performer = work.name.performer
    return {
        "name": str(work.name),
        "agent": performer,
        "who": performer if performer in agents else SERVICE,
        "phase": str(work.name.phase),
        "round": work.name.round,
        "attempt": work.attempt,
        "title": work.title,
        "outcome": str(work.outcome) if work.outcome else None,
        "found_failures": work.found_failures,
        "started": _moment(work.started_at),
        "ended": _moment(work.ended_at),
        "model": work.model or None,
        "artifact": _artifact(work),
        "commit": work.commit.sha if work.commit else None,
        "cost_usd": _usd(work.cost_usd),
        "notes": [note.text for note in work.notes],
        "reason": work.reason,
        "detail": work.detail,
    }


def _artifact(work: Performed) -> RunView | None:
    if work.artifact is None:
        return None
    return {"name": work.artifact.name, "sha256": work.artifact.sha256, "url": work.url}


def _receipts(record: Record) -> Iterator[RunView]:
    for work in record.works:
        for receipt in work.receipts:
            shown = _receipt(receipt)
            if work.name.performer == PREPARE.name:
                # One installation serves all sides and kinds: the receipt's check says nothing.
                shown = {**shown, "check": "dependencies"}
            yield {"work": str(work.name), **shown}


def _receipt(receipt: Receipt) -> RunView:
    return {
        "check": str(receipt.check),
        "status": str(receipt.status),
        "commit": receipt.commit,
        "passed": receipt.passed,
        "failed": receipt.failed,
        "seconds": receipt.seconds,
        "reason": receipt.reason,
    }


def _pull_request(pull: PullRequest | None, head: str | None) -> RunView | None:
    if pull is None:
        return None
    return {"number": pull.number, "url": pull.url, "draft": pull.draft, "head": head}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _usd(amount: Decimal) -> float:
    return round(float(amount), 6)
