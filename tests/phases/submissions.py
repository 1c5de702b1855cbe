"""What an agent could hand in by `submit`, as it comes, and what is wrong with it."""

from typing import Any

import pytest

from phases.core.submission import SubmissionError, parse

COMMIT = {
    "type": "feat",
    "scope": "api",
    "subject": "list archived items",
    "body": "They were lost.",
}
FINDING = {
    "id": "F1",
    "severity": "blocking",
    "file": "src/store.py",
    "line": 12,
    "title": "The lock is never released",
    "detail": "An exception between acquire and release leaves it held.",
    "suggestion": "Release it in a finally clause.",
}
REVIEW = {"artifact": "test-plan.md", "verdict": "approved", "comments": "Complete."}
DIAGNOSIS = {
    "failure": "test_total",
    "cause": "The sum starts at one.",
    "file": "src/sum.py",
    "line": 3,
    "owner": "backend-developer",
    "fix": "Start at zero.",
}


def submitted(**properties: object) -> dict[str, Any]:
    return {"outcome": "done", "artifact": "# Report", "summary": "It is done.", **properties}


def faults_of(raw: object) -> tuple[str, ...]:
    with pytest.raises(SubmissionError) as refused:
        parse(raw)
    return refused.value.faults
