"""The check run `phaseline` on each pushed commit: in progress, then what the receipts say.

It is computed from receipts alone; how it reaches GitHub is not decided here.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from phases.core.comments import plural, receipts_table
from phases.core.machine import RunState
from phases.core.model import short
from phases.core.outward import Desired, OutwardKind, Place
from phases.core.receipts import CheckStatus, Comparison, Failure, Receipt
from phases.core.record import Record
from phases.core.sanitise import inline, visible

# GitHub takes 65,535 characters of summary and 255 of a title; more than 200 remarks nobody reads.
LONGEST_SUMMARY = 60_000
LONGEST_TITLE = 200
LONGEST_MESSAGE = 2_000
MOST_ANNOTATIONS = 200


@dataclass(frozen=True)
class Annotation:
    """A remark on one line; `level` is GitHub's: notice, warning or failure."""

    path: str
    line: int
    level: str
    title: str
    message: str


@dataclass(frozen=True)
class CheckRun:
    """What the check run of one commit shows; without a conclusion it is in progress."""

    commit: str
    conclusion: str | None
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()


def parse_check_run(text: str) -> CheckRun:
    """Return the check run that a desired text stands for."""
    data: dict[str, Any] = json.loads(text)
    remarks = tuple(Annotation(**remark) for remark in data.pop("annotations"))
    return CheckRun(**data, annotations=remarks)


def begun(record: Record, commit: str) -> tuple[Desired, ...]:
    """Return the check run of the branch's new commit, ours or adopted; the head's before ends."""
    shown = [_desired(CheckRun(commit, None, "The team is at work", "The checks come later."))]
    if _is_open(record):
        told = f"The branch has gone on to {short(commit)}."
        shown.append(_desired(CheckRun(record.run.head or "", "neutral", "Not checked", told)))
    return tuple(shown)


def concluded(commit: str, receipts: tuple[Receipt, ...], result: Comparison) -> Desired:
    """Return the check run of a commit whose checks were run."""
    conclusion = "success" if result.clean else "failure"
    idle = [r for r in receipts if r.status is CheckStatus.DID_NOT_RUN]
    if not receipts or len(idle) == len(receipts):
        conclusion = "neutral"
    title = "No new failure" if result.clean else plural(len(result.new), "new failure")
    if result.did_not_run:
        title += f", {plural(len(result.did_not_run), 'check')} did not run"
    found = [(failure, "failure") for failure in result.new]
    found += [(failure, "notice") for failure in result.pre_existing]
    remarks = [_annotation(*each) for each in found if _is_somewhere(each[0])]
    summary = receipts_table(receipts)
    if result.pre_existing:
        summary += (
            f"\n{plural(len(result.pre_existing), 'failure')} stood on the base commit too.\n"
        )
    if len(remarks) < len(found):
        summary += (
            f"\n{plural(len(found) - len(remarks), 'failure')} in no file of the repository.\n"
        )
    if len(remarks) > MOST_ANNOTATIONS:
        summary += f"\n{len(remarks) - MOST_ANNOTATIONS} more are not shown on their lines.\n"
    shown = tuple(remarks[:MOST_ANNOTATIONS])
    return _desired(CheckRun(commit, conclusion, title, summary[:LONGEST_SUMMARY], shown))


def left_open(record: Record, state: RunState) -> tuple[Desired, ...]:
    """Return the end of a check run whose run has stopped before its head was checked."""
    conclusions = {
        RunState.BLOCKED: ("action_required", "A person is needed"),
        RunState.FAILED: ("neutral", "Phaseline itself failed"),
        RunState.CANCELLED: ("cancelled", "The run was ended"),
    }
    if state not in conclusions or not _is_open(record):
        return ()
    conclusion, title = conclusions[state]
    told = f"This commit was not checked. The tracker on #{record.run.issue} says more."
    return (_desired(CheckRun(record.run.head or "", conclusion, title, told)),)


def _is_open(record: Record) -> bool:
    """Whether the head is a commit of this run, or adopted by it, that no checks were run on."""
    head = record.run.head
    ours = any(commit.sha == head for _, commit in record.commits)
    adopted = head is not None and head == record.run.adopted
    checked = any(receipt.commit == head for work in record.works for receipt in work.receipts)
    return (ours or adopted) and not checked


def _is_somewhere(failure: Failure) -> bool:
    """Whether a failure has a path in the repository: GitHub takes no remark without one."""
    path = PurePosixPath(failure.file)
    return path != PurePosixPath() and not path.is_absolute() and ".." not in path.parts


def _annotation(failure: Failure, level: str) -> Annotation:
    title = inline(f"{failure.check}: {failure.rule}")[:LONGEST_TITLE]
    message = visible(failure.message)[:LONGEST_MESSAGE] or title
    return Annotation(failure.file, failure.line or 1, level, title, message)


def _desired(shown: CheckRun) -> Desired:
    return Desired(
        key=f"check-run/{shown.commit}",
        kind=OutwardKind.CHECK_RUN,
        place=Place.PULL_REQUEST,
        text=json.dumps(asdict(shown), sort_keys=True),
    )
