"""What the check run of a commit shows, from receipts alone."""

from dataclasses import replace

import pytest

from phases.core.check_run import (
    MOST_ANNOTATIONS,
    CheckRun,
    begun,
    concluded,
    left_open,
    parse_check_run,
)
from phases.core.machine import RunState
from phases.core.model import Commit, StepOutcome
from phases.core.receipts import CheckKind, CheckStatus, Receipt, compare
from phases.core.record import Performed, Record
from phases.core.work import WorkName
from tests.app.github.parts import START, a_run
from tests.fakes.outside import receipt
from tests.fakes.worktree import sha

HEAD = sha("head")
BASE = sha("base")
THEIRS = sha("a person's commit")


def worked(*receipts: Receipt) -> Record:
    """Return a run whose head is a commit of its own."""
    built = Performed(
        WorkName.parse("implementation/backend-developer/1"),
        "Build",
        1,
        START,
        outcome=StepOutcome.DONE,
        commit=Commit(HEAD, sha("tree"), "feat: x", ("back/a.py",), 1, 0),
        receipts=receipts,
    )
    return Record(a_run(head=HEAD), (built,))


def shown(*receipts: Receipt, baseline: tuple[Receipt, ...] = ()) -> CheckRun:
    return parse_check_run(concluded(HEAD, receipts, compare(baseline, receipts)).text)


def test_a_commit_without_a_new_failure_succeeds_and_names_the_old_ones() -> None:
    old = receipt(BASE, CheckKind.LINT, "an old finding")

    check_run = shown(receipt(HEAD, CheckKind.LINT, "an old finding"), baseline=(old,))

    assert (check_run.conclusion, check_run.title) == ("success", "No new failure")
    assert [remark.level for remark in check_run.annotations] == ["notice"]
    assert "1 failure stood on the base commit too" in check_run.summary


def test_a_new_failure_fails_the_commit_on_its_line() -> None:
    check_run = shown(
        receipt(HEAD, CheckKind.TESTS, "boom"), baseline=(receipt(BASE, CheckKind.TESTS),)
    )

    (remark,) = check_run.annotations
    assert (check_run.conclusion, check_run.title) == ("failure", "1 new failure")
    assert (remark.path, remark.line, remark.level, remark.message) == (
        "back/a.py",
        3,
        "failure",
        "boom",
    )


def test_a_check_that_stopped_running_fails_the_commit() -> None:
    idle = receipt(HEAD, CheckKind.TESTS, status=CheckStatus.DID_NOT_RUN, reason="killed")
    lint = receipt(HEAD, CheckKind.LINT)

    check_run = shown(idle, lint, baseline=(receipt(BASE, CheckKind.TESTS),))

    assert check_run.conclusion == "failure"
    assert "1 check did not run" in check_run.title


@pytest.mark.parametrize(
    "receipts", [(), (receipt(HEAD, CheckKind.LINT, status=CheckStatus.DID_NOT_RUN),)]
)
def test_where_nothing_runs_nothing_is_vouched_for(receipts: tuple[Receipt, ...]) -> None:
    assert shown(*receipts).conclusion == "neutral"


def test_more_failures_than_anybody_reads_are_counted() -> None:
    many = receipt(
        HEAD, CheckKind.LINT, *(f"finding {chr(97 + n % 26) * (n + 1)}" for n in range(250))
    )

    check_run = shown(many)

    assert len(check_run.annotations) == MOST_ANNOTATIONS
    assert "50 more are not shown" in check_run.summary


@pytest.mark.parametrize("nowhere", ["", ".", "/usr/lib/python3.11/ast.py", "../other/a.py"])
def test_a_failure_in_no_file_of_the_repository_is_counted_and_stands_on_no_line(
    nowhere: str,
) -> None:
    told = receipt(HEAD, CheckKind.TYPES, "a bad option", "a bad line")
    first, second = told.failures
    receipts = replace(told, failures=(replace(first, file=nowhere), second))

    check_run = shown(receipts)

    assert check_run.title == "2 new failures"
    assert [remark.message for remark in check_run.annotations] == ["a bad line"]
    assert "1 failure in no file of the repository" in check_run.summary


def test_a_push_begins_a_check_run_and_ends_that_of_the_commit_before() -> None:
    newer = sha("newer")

    first, second = (parse_check_run(d.text) for d in begun(worked(), newer))

    assert (first.commit, first.conclusion) == (newer, None)
    assert (second.commit, second.conclusion) == (HEAD, "neutral")


def test_an_adopted_head_is_ended_like_a_commit_of_our_own() -> None:
    record = worked()
    adopted = replace(record, run=replace(record.run, head=THEIRS, adopted=THEIRS))

    _, left_behind = (parse_check_run(desired.text) for desired in begun(adopted, sha("newer")))
    (cancelled,) = (parse_check_run(d.text) for d in left_open(adopted, RunState.CANCELLED))

    assert (left_behind.commit, left_behind.conclusion) == (THEIRS, "neutral")
    assert (cancelled.commit, cancelled.conclusion) == (THEIRS, "cancelled")


def test_a_push_leaves_the_verdict_of_a_checked_commit_alone() -> None:
    desired = begun(worked(receipt(HEAD, CheckKind.LINT)), sha("newer"))

    assert len(desired) == 1


@pytest.mark.parametrize(
    ("state", "conclusion"),
    [
        (RunState.BLOCKED, "action_required"),
        (RunState.FAILED, "neutral"),
        (RunState.CANCELLED, "cancelled"),
        (RunState.WAITING, None),
        (RunState.READY, None),
    ],
)
def test_a_run_that_stops_leaves_no_check_run_in_progress(
    state: RunState, conclusion: str | None
) -> None:
    ends = [parse_check_run(desired.text).conclusion for desired in left_open(worked(), state)]

    assert ends == ([conclusion] if conclusion else [])
    assert left_open(worked(receipt(HEAD, CheckKind.LINT)), state) == ()
