"""Submissions as JSON and back, for the store.

It judges nothing: what was accepted under earlier rules is read again under later ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, TypeVar

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

T = TypeVar("T")
JsonObject = dict[str, Any]


def to_json(submission: Submission) -> JsonObject:
    """Return the submission as an object of JSON types, every property present."""
    return asdict(submission)


def from_json(raw: JsonObject) -> Submission:
    """Return the submission that `to_json` made this object of.

    Raises:
        KeyError, TypeError, ValueError: the object was not made by `to_json`.
    """
    return Submission(
        outcome=Outcome(raw["outcome"]),
        artifact=raw["artifact"],
        summary=raw["summary"],
        requirements=_many(raw["requirements"], _requirement),
        weight=_one(raw["weight"], Weight),
        sides=_many(raw["sides"], Side),
        commit=_one(raw["commit"], lambda commit: CommitMessage(**commit)),
        verdict=_one(raw["verdict"], Verdict),
        reviews=_many(raw["reviews"], _review),
        findings=_many(raw["findings"], _finding),
        refutations=_many(raw["refutations"], _refutation),
        diagnosis=_many(raw["diagnosis"], lambda entry: Diagnosis(**entry)),
        interfaces=_many(raw["interfaces"], lambda entry: Interface(**entry)),
        decisions=_many(raw["decisions"], lambda entry: Decision(**entry)),
        questions=_many(raw["questions"], str),
        widen=_many(raw["widen"], lambda entry: Widening(**entry)),
    )


def texts(submission: Submission) -> tuple[str, ...]:
    """Return every text in it, for whoever looks for one that must not be there."""
    return tuple(_texts(to_json(submission)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry)


def _one(raw: Any, make: Callable[[Any], T]) -> T | None:
    return None if raw is None else make(raw)


def _many(raw: Any, make: Callable[[Any], T]) -> tuple[T, ...] | None:
    return None if raw is None else tuple(make(entry) for entry in raw)


def _requirement(raw: JsonObject) -> Requirement:
    return Requirement(**{**raw, "acceptance": tuple(raw["acceptance"])})


def _review(raw: JsonObject) -> Review:
    return Review(**{**raw, "verdict": Verdict(raw["verdict"])})


def _finding(raw: JsonObject) -> Finding:
    return Finding(**{**raw, "severity": Severity(raw["severity"])})


def _refutation(raw: JsonObject) -> Refutation:
    return Refutation(**{**raw, "verdict": RefutationVerdict(raw["verdict"])})
