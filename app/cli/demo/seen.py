"""A run as the service shows it at `/runs/{id}.json`, parsed. Nothing is derived."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# States after which nothing goes on by itself.
ENDED = frozenset({"ready", "blocked", "cancelled", "failed", "closed"})
WAITING = "waiting"


@dataclass(frozen=True)
class Step:
    """One step or action; `outcome` is None while it runs, money in USD."""

    name: str
    agent: str
    by_service: bool
    phase: str
    round: int
    attempt: int
    title: str
    outcome: str | None
    started: datetime
    ended: datetime | None
    artifact: str | None
    commit: str | None
    cost_usd: float
    notes: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Receipt:
    """The evidence of one check, by the name of the work that ran it."""

    work: str
    check: str
    status: str
    passed: int | None
    failed: int | None
    reason: str


@dataclass(frozen=True)
class Seen:
    """A run as it was seen at one moment; `raw` is the JSON itself."""

    id: str
    state: str
    reason: str
    issue: int
    repository: str
    created: datetime
    ended: datetime | None
    phases: tuple[str, ...]
    steps: tuple[Step, ...]
    receipts: tuple[Receipt, ...]
    notes: tuple[str, ...]
    spent_usd: float
    limit_usd: float
    pull_request: int | None
    pull_url: str | None
    tracker_url: str | None
    raw: Mapping[str, Any]


def parse(data: Mapping[str, Any]) -> Seen:
    """Return the run in `data`."""
    pull = data["pull_request"]
    return Seen(
        id=data["id"],
        state=data["state"],
        reason=data["reason"] or "",
        issue=data["issue"],
        repository=data["repository"],
        created=datetime.fromisoformat(data["created"]),
        ended=_moment(data["ended"]),
        phases=tuple(phase["name"] for phase in data["phases"] if phase["started"]),
        steps=tuple(_step(step) for step in data["steps"] if step["started"]),
        receipts=tuple(_receipt(receipt) for receipt in data["receipts"]),
        notes=tuple(data["notes"]),
        spent_usd=data["money"]["spent_usd"],
        limit_usd=data["money"]["limit_usd"],
        pull_request=None if pull is None else pull["number"],
        pull_url=None if pull is None else pull["url"],
        tracker_url=data["tracker_url"],
        raw=data,
    )


def _step(data: Mapping[str, Any]) -> Step:
    return Step(
        name=data["name"],
        agent=data["agent"],
        by_service=data["who"] == "service",
        phase=data["phase"],
        round=data["round"],
        attempt=data["attempt"],
        title=data["title"],
        outcome=data["outcome"],
        started=datetime.fromisoformat(data["started"]),
        ended=_moment(data["ended"]),
        artifact=None if data["artifact"] is None else data["artifact"]["name"],
        commit=data["commit"],
        cost_usd=data["cost_usd"],
        notes=tuple(data["notes"]),
        reason=data["reason"] or "",
    )


def _receipt(data: Mapping[str, Any]) -> Receipt:
    return Receipt(
        work=data["work"],
        check=data["check"],
        status=data["status"],
        passed=data["passed"],
        failed=data["failed"],
        reason=data["reason"] or "",
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
