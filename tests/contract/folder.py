"""Holds all that a stand-in noted in its folder to GitHub's contract: exchanges and deliveries."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.contract.allowed import ALLOWED
from tests.contract.graph import Graph
from tests.contract.hooks import github_hooks
from tests.contract.rest import DATA, Exchange, github_rest, lenient_rest

API = "/api/v3"
GRAPHQL = "/api/graphql"
OUTAGE = 500


@dataclass
class Report:
    """What was held to the contract, and what did not fit."""

    exchanges: int = 0
    invented: int = 0
    documents: int = 0
    deliveries: int = 0
    called: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    allowed: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Report") -> None:
        """Take in another report."""
        self.exchanges += other.exchanges
        self.invented += other.invented
        self.documents += other.documents
        self.deliveries += other.deliveries
        for mine, theirs in (
            (self.called, other.called),
            (self.events, other.events),
            (self.allowed, other.allowed),
            (self.findings, other.findings),
        ):
            mine.update(theirs)

    def to_json(self) -> str:
        """Write it down, to be sent from one process to another."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Read what `to_json` wrote."""
        read: dict[str, Any] = {
            name: Counter(value) if isinstance(value, dict) else value
            for name, value in json.loads(text).items()
        }
        return cls(**read)

    def lines(self) -> Iterator[str]:
        """Say it, the count first."""
        yield (
            f"contract: {self.exchanges} exchanges over {len(self.called)} operations, "
            f"{self.invented} invented by tests, {self.documents} GraphQL documents, "
            f"{self.deliveries} deliveries of {len(self.events)} events held to GitHub's schemas; "
            f"{sum(self.allowed.values())} undocumented statuses by {len(self.allowed)} of "
            f"{len(ALLOWED)} allowed; {len(self.findings)} findings"
        )
        for finding, count in self.findings.most_common():
            yield f"  {count} x {finding}"


def held(folders: Iterable[Path]) -> Report:
    """Hold what stand-ins noted in their folders."""
    report = Report()
    for folder in folders:
        # What stands behind the last line break, a kill has cut off.
        for line in (folder / "requests.jsonl").read_text().split("\n")[:-1]:
            entry = json.loads(line)
            # A fault was asked for: it is no answer of the API.
            if "fault" not in entry:
                _exchange(report, entry)
        for event, payload in _deliveries(folder / "github.db"):
            _delivery(report, event, json.loads(payload))
    return report


def held_inventions(logs: Iterable[Path]) -> Report:
    """Hold what tests asked of answers that they invented, and those answers as far as they go."""
    report = Report()
    for log in logs:
        for line in log.read_text().splitlines():
            _invention(report, json.loads(line))
    return report


def folders_below(root: Path) -> Iterator[Path]:
    """Yield every folder of a stand-in below another folder."""
    for log in root.rglob("requests.jsonl"):
        if (log.parent / "github.db").exists():
            yield log.parent


def hold_exchange(report: Report, exchange: Exchange) -> None:
    """Hold one REST exchange."""
    report.exchanges += 1
    rest = github_rest()
    _hold(report, exchange, rest.asked(exchange) + rest.answered(exchange))


def _hold(report: Report, exchange: Exchange, faults: list[str]) -> None:
    operation = github_rest().operation(exchange.method, exchange.path)
    name = operation or f"{exchange.method} {exchange.path}"
    report.called[name] += 1
    for fault in faults:
        if (name, fault) in ALLOWED:
            report.allowed[f"{name}, {fault}"] += 1
        else:
            report.findings[f"{name}: {fault}"] += 1


def _invention(report: Report, entry: dict[str, Any]) -> None:
    path = entry["path"]
    if not path.endswith("/graphql"):
        exchange = Exchange(
            entry["method"],
            path.removeprefix(API),
            entry["query"],
            entry["status"] or 0,
            entry["request"],
            entry["response"],
        )
        report.invented += 1
        outage = not exchange.status or exchange.status >= OUTAGE
        answered = [] if outage else lenient_rest().answered(exchange)
        _hold(report, exchange, github_rest().asked(exchange) + answered)


def _exchange(report: Report, entry: dict[str, Any]) -> None:
    path = entry["path"]
    if path == GRAPHQL:
        _document(report, entry)
    elif path.startswith(API):
        exchange = Exchange(
            entry["method"],
            path.removeprefix(API),
            entry["query"],
            entry["status"],
            entry["request"],
            entry["response"],
        )
        hold_exchange(report, exchange)


def _document(report: Report, entry: dict[str, Any]) -> None:
    report.documents += 1
    asked, answer = entry["request"], entry["response"]
    if entry["actor"]["kind"] == "person" and "data" not in answer:
        # A test asked badly, and was refused; what the App asks is held in any case.
        return
    for fault in _graph().faults(asked["query"], asked.get("variables") or {}, answer):
        report.findings[f"GraphQL: {fault}"] += 1


def _delivery(report: Report, event: str, payload: Any) -> None:
    report.deliveries += 1
    report.events[".".join(filter(None, (event, payload.get("action"))))] += 1
    for fault in github_hooks().faults(event, payload):
        report.findings[f"delivery of {event}: {fault}"] += 1


def _deliveries(database: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("select event, payload from delivery order by id").fetchall()


@cache
def _graph() -> Graph:
    return Graph((DATA / "schema.graphql").read_text())
