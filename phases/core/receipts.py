"""Evidence of checks, and what of it is new: a failure counts only against the baseline."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from phases.core.submission import Side

VANISHED = "it ran on the base commit and is not configured any more"


class CheckKind(StrEnum):
    """The four kinds of quality command."""

    LINT = "lint"
    FORMAT = "format"
    TYPES = "types"
    TESTS = "tests"


class CheckStatus(StrEnum):
    """How a check ended; only `passed` and `failed` say something about the code."""

    PASSED = "passed"
    FAILED = "failed"
    DID_NOT_RUN = "did_not_run"


@dataclass(frozen=True)
class CheckId:
    """One check: a kind on a side."""

    side: Side
    kind: CheckKind

    def __str__(self) -> str:
        return f"{self.side} {self.kind}"


@dataclass(frozen=True)
class Check:
    """A command that checks one thing, and how its output is read."""

    id: CheckId
    argv: tuple[str, ...]
    cwd: str
    reader: str
    report: str | None = None


@dataclass(frozen=True)
class Failure:
    """One line of a check's output, parsed."""

    check: CheckId
    file: str
    line: int | None
    rule: str
    message: str

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What stays when lines move: check, file, rule or test, message without digits, paths."""
        message = re.sub(r"(?:[\w.-]*/)+[\w.-]+", "", self.message)
        return (str(self.check), self.file, self.rule, re.sub(r"\d+", "", message).strip())


@dataclass(frozen=True)
class Receipt:
    """Evidence of one check on one commit.

    `seconds` is wall time; `log_sha256` is over the whole output, kept in the store.
    """

    check: CheckId
    status: CheckStatus
    argv: tuple[str, ...]
    exit_code: int | None
    commit: str
    tree: str
    environment: str
    seconds: float
    log_sha256: str
    passed: int | None = None
    failed: int | None = None
    skipped: int | None = None
    failures: tuple[Failure, ...] = ()
    reason: str = ""
    excerpt: str = ""


@dataclass(frozen=True)
class Comparison:
    """The receipts of a commit held against those of the baseline."""

    new: tuple[Failure, ...]
    pre_existing: tuple[Failure, ...]
    did_not_run: tuple[Receipt, ...]

    @property
    def clean(self) -> bool:
        """No new failure, and every check ran."""
        return not self.new and not self.did_not_run


def compare(baseline: Iterable[Receipt], head: Iterable[Receipt]) -> Comparison:
    """Sort the failures of the head into new and pre-existing ones.

    A failure that occurs more often than on the baseline is new as often as it is surplus. A check
    that did not run on the baseline either is no news; one that no longer runs, or has vanished,
    is.
    """
    baseline = tuple(baseline)
    head = tuple(head)
    known = Counter(failure.identity for receipt in baseline for failure in receipt.failures)
    idle = {receipt.check for receipt in baseline if receipt.status is CheckStatus.DID_NOT_RUN}
    new: list[Failure] = []
    old: list[Failure] = []
    stopped: list[Receipt] = []
    for receipt in head:
        if receipt.status is CheckStatus.DID_NOT_RUN and receipt.check not in idle:
            stopped.append(receipt)
        for failure in receipt.failures:
            if known[failure.identity] > 0:
                known[failure.identity] -= 1
                old.append(failure)
            else:
                new.append(failure)
    there = {receipt.check for receipt in head}
    vanished = [
        replace(receipt, status=CheckStatus.DID_NOT_RUN, failures=(), reason=VANISHED)
        for receipt in baseline
        if receipt.check not in there and receipt.check not in idle
    ]
    return Comparison(tuple(new), tuple(old), (*stopped, *vanished))
