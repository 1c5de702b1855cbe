"""What an agent hands in: the `submit` tool's data, its shape, and what a step demands of it.

Nothing here knows a step: demands are given, and artifacts are judged in `phases.core.artifacts`.
"""

from phases.core.submission.demands import Demand, unmet, unreviewed
from phases.core.submission.model import (
    CommitMessage,
    Decision,
    Diagnosis,
    Finding,
    Interface,
    Outcome,
    Refutation,
    RefutationVerdict,
    Requirement,
    Review,
    Severity,
    Side,
    Submission,
    Verdict,
    Weight,
    Widening,
)
from phases.core.submission.parse import SubmissionError, parse
from phases.core.submission.places import misplaced
from phases.core.submission.record import from_json, texts, to_json
from phases.core.submission.schema import SUBMIT_SCHEMA

__all__ = [
    "SUBMIT_SCHEMA",
    "CommitMessage",
    "Decision",
    "Demand",
    "Diagnosis",
    "Finding",
    "Interface",
    "Outcome",
    "Refutation",
    "RefutationVerdict",
    "Requirement",
    "Review",
    "Severity",
    "Side",
    "Submission",
    "SubmissionError",
    "Verdict",
    "Weight",
    "Widening",
    "from_json",
    "misplaced",
    "parse",
    "texts",
    "to_json",
    "unmet",
    "unreviewed",
]
