"""What the team has made so far, as the next agent reads it: artifacts, interfaces, receipts.

Nothing is said twice: what a round answers, and the agent's own last artifact, stand by themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from phases.core.agent import Agent
from phases.core.model import short
from phases.core.receipts import Failure, Receipt, compare
from phases.core.record import Performed, Record
from phases.core.submission import to_json

MOST_NEW, MOST_OLD = 50, 10
"""Failures of a check that are told, new ones and those that were there before."""

_ADDED_TO = frozenset({"backend-implementation.md", "frontend-implementation.md"})
"""Reports of which each tells of its own round: an earlier one goes on being read with it."""

_PLACED_ELSEWHERE = frozenset({"request", "repository", "pm-spec.md"})
"""They stand in the shared prefix, or in the tree."""


def material(
    record: Record, agent: Agent, makes: str, answering: Iterable[Performed], diff: str
) -> dict[str, object]:
    """Return what an agent's file says that it reads, as far as it is there, by name."""
    answered = tuple(answering)
    left_out = {work.artifact.name for work in answered if work.artifact} | {makes}
    left_out |= {"receipts"} if any(work.receipts for work in answered) else set()
    return {
        key: value
        for key in (*agent.inputs, *agent.inputs_if_present)
        if key not in left_out | _PLACED_ELSEWHERE and (value := _of(key, record, diff))
    }


def told(work: Performed, record: Record) -> dict[str, object]:
    """Return a piece of work as whoever answers it is told of it."""
    said: dict[str, object] = {}
    if work.submission:
        said |= {key: value for key, value in to_json(work.submission).items() if value is not None}
    if work.receipts:
        said["receipts"] = told_receipts(work.receipts, record)
    return said


def versions(record: Record, name: str) -> tuple[str, ...]:
    """Return the texts of an artifact that count, oldest first: one, but for what is added to."""
    made = [w.artifact.text for w in record.works if w.accepted and _made(w, name) and w.artifact]
    return tuple(made) if name in _ADDED_TO else tuple(made[-1:])


def since(record: Record, makes: str) -> Mapping[str, object] | None:
    """Return where the branch was when an artifact was last made, and the run's commits since."""
    maker = record.maker(makes)
    base = record.run.base
    if maker is None or base is None:
        return None
    at = record.works.index(maker)
    commits = [(record.works.index(work), work, commit) for work, commit in record.commits]
    before = [commit.short for place, _, commit in commits if place <= at]
    return {
        "the branch was at": before[-1] if before else short(base.sha),
        "commits of the run since": [
            {
                "commit": commit.short,
                "by": work.name.performer,
                "subject": commit.subject,
                "files": list(commit.files),
            }
            for place, work, commit in commits
            if place > at
        ],
    }


def told_receipts(receipts: tuple[Receipt, ...], record: Record) -> list[dict[str, object]]:
    """Return receipts for an agent: every failure is said to be new, or there before this run."""
    known = record.baseline
    entries = [_receipt(receipt, known) for receipt in receipts]
    there = {receipt.check for receipt in receipts}
    entries += [
        {"check": str(lost.check), "status": str(lost.status), "reason": lost.reason}
        for lost in compare(known, receipts).did_not_run
        if lost.check not in there
    ]
    return entries


def latest_receipts(record: Record) -> tuple[Receipt, ...]:
    """Return the receipts of the last checks that were run."""
    with_receipts = [w for w in record.works if w.receipts and w.name.performer != "prepare"]
    return with_receipts[-1].receipts if with_receipts else ()


def _of(key: str, record: Record, diff: str) -> object:
    match key:
        case "diff":
            return diff
        case "receipts":
            return told_receipts(latest_receipts(record), record)
        case "interfaces":
            return _interfaces(record)
        case _:
            texts = versions(record, key)
            return list(texts) if len(texts) > 1 else next(iter(texts), None)


def _made(work: Performed, name: str) -> bool:
    return work.artifact is not None and work.artifact.name == name


def _interfaces(record: Record) -> list[dict[str, object]]:
    """Return the interfaces as they were last declared; a repair need not declare them again."""
    declared = [
        work.submission.interfaces
        for work in record.works
        if work.accepted and _made(work, "backend-implementation.md") and work.submission
    ]
    latest = next((given for given in reversed(declared) if given is not None), ())
    return [asdict(interface) for interface in latest]


def _receipt(receipt: Receipt, baseline: tuple[Receipt, ...]) -> dict[str, object]:
    result = compare(baseline, (receipt,))
    entry = {
        "check": str(receipt.check),
        "status": str(receipt.status),
        "reason": receipt.reason,
        "command": " ".join(receipt.argv),
        "commit": short(receipt.commit),
        "exit code": receipt.exit_code,
        "passed": receipt.passed,
        "failed": receipt.failed,
        "skipped": receipt.skipped,
        "new failures": _failures(result.new, MOST_NEW),
        "failures that were there before this run": _failures(result.pre_existing, MOST_OLD),
        "output": receipt.excerpt,
    }
    return {key: value for key, value in entry.items() if value not in (None, "", [])}


def _failures(failures: tuple[Failure, ...], most: int) -> list[object]:
    shown: list[object] = [
        {"file": f.file, "line": f.line, "rule": f.rule, "message": f.message}
        for f in failures[:most]
    ]
    more = len(failures) - most
    return [*shown, f"and {more} more"] if more > 0 else shown
