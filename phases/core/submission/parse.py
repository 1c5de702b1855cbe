"""From what a model sent to a Submission, or to every reason why not.

It checks shape, lengths, names and paths; what one step demands stands in `demands`.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from phases.core.submission.commit import read_commit
from phases.core.submission.faults import Faults
from phases.core.submission.model import (
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
from phases.core.submission.schema import SUBMIT_SCHEMA

T = TypeVar("T")

MOST_ARTIFACT_CHARACTERS = 60_000
"""A comment holds 65,536 characters, and heading and frame need room."""

OWNERS = ("backend-developer", "frontend-developer", "test-writer")
"""Who may be given a failure to mend."""

_SHORT, _TEXT, _LONG = 200, 2_000, 6_000
_FEW, _MANY = 20, 60


class SubmissionError(ValueError):
    """A submission that cannot be accepted; `faults` holds a sentence for each reason."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.faults = tuple(message.split("\n"))


def parse(raw: object) -> Submission:
    """Return the submission in the input of a `submit` call; absent properties count as null.

    Raises:
        SubmissionError: something is missing or malformed; all faults are told at once.
    """
    faults = Faults()
    fields = faults.fields(raw, "submit", tuple(SUBMIT_SCHEMA["properties"]))
    submission = None if fields is None else _read(_decoded(fields), _Reader(faults))
    if faults.sentences or submission is None:
        raise SubmissionError("\n".join(faults.sentences))
    return submission


def _decoded(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the properties with lists and objects that came as JSON text read as what they are.

    Models write nested values as text now and then; what is meant is beyond doubt.
    """
    return {name: _value(name, value) for name, value in fields.items()}


def _value(name: str, value: Any) -> Any:
    if "string" in SUBMIT_SCHEMA["properties"][name]["type"] or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _read(fields: dict[str, Any], reader: "_Reader") -> Submission:
    faults = reader.faults
    outcome = faults.choice(fields["outcome"], "outcome", Outcome) or Outcome.BLOCKED
    artifact = fields["artifact"]
    if outcome is not Outcome.BLOCKED or artifact:
        artifact = faults.text(artifact, "artifact", MOST_ARTIFACT_CHARACTERS)

    def choice(name: str, kind: type[Any]) -> Any:
        return None if fields[name] is None else faults.choice(fields[name], name, kind)

    def listed(name: str, most: int, read: Callable[[Any, str], T | None]) -> tuple[T, ...] | None:
        return None if fields[name] is None else faults.listed(fields[name], name, most, read)

    submission = Submission(
        outcome=outcome,
        artifact=artifact or "",
        summary=faults.text(fields["summary"], "summary", _TEXT),
        requirements=listed("requirements", _MANY, reader.requirement),
        weight=choice("weight", Weight),
        sides=listed("sides", _FEW, lambda raw, where: faults.choice(raw, where, Side)),
        commit=None if fields["commit"] is None else read_commit(fields["commit"], faults),
        verdict=choice("verdict", Verdict),
        reviews=listed("reviews", _FEW, reader.review),
        findings=listed("findings", _MANY, reader.finding),
        refutations=listed("refutations", _MANY, reader.refutation),
        diagnosis=listed("diagnosis", _MANY, reader.diagnosis),
        interfaces=listed("interfaces", _MANY, reader.interface),
        decisions=listed("decisions", _MANY, reader.decision),
        questions=listed("questions", _FEW, lambda raw, where: faults.text(raw, where, _TEXT)),
        widen=listed("widen", _FEW, reader.widening),
    )
    faults.distinct([entry.id for entry in submission.requirements or ()], "requirements")
    faults.distinct([entry.id for entry in submission.findings or ()], "findings")
    faults.distinct([entry.artifact for entry in submission.reviews or ()], "reviews")
    return submission


class _Reader:
    """Reads the entries of the lists, each into its dataclass."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def requirement(self, raw: Any, where: str) -> Requirement | None:
        fields = self.faults.fields(raw, where, ("id", "text", "acceptance"))
        if fields is None:
            return None
        # A single criterion often comes as plain text, which is clear enough.
        acceptance = fields["acceptance"]
        criteria = self.faults.listed(
            [acceptance] if isinstance(acceptance, str) else acceptance,
            f"{where}.acceptance",
            _FEW,
            lambda entry, place: self.faults.text(entry, place, _TEXT),
        )
        if not criteria:
            self.faults.add(f"`{where}.acceptance` is empty: say how one sees that it is met.")
        return Requirement(
            id=self.faults.identifier(fields["id"], f"{where}.id", "R"),
            text=self.faults.text(fields["text"], f"{where}.text", _TEXT),
            acceptance=criteria,
        )

    def review(self, raw: Any, where: str) -> Review | None:
        fields = self.faults.fields(raw, where, ("artifact", "verdict", "comments"))
        if fields is None:
            return None
        verdict = self.faults.choice(fields["verdict"], f"{where}.verdict", Verdict)
        return Review(
            artifact=self.faults.text(fields["artifact"], f"{where}.artifact", _SHORT, lines=False),
            verdict=verdict or Verdict.CHANGES_REQUESTED,
            comments=self.faults.text(fields["comments"], f"{where}.comments", _LONG),
        )

    def finding(self, raw: Any, where: str) -> Finding | None:
        names = ("id", "severity", "file", "line", "title", "detail", "suggestion")
        fields = self.faults.fields(raw, where, names)
        if fields is None:
            return None
        severity = self.faults.choice(fields["severity"], f"{where}.severity", Severity)
        return Finding(
            id=self.faults.identifier(fields["id"], f"{where}.id", "F"),
            severity=severity or Severity.BLOCKING,
            file=self.faults.path(fields["file"], f"{where}.file"),
            line=self.faults.line(fields["line"], f"{where}.line"),
            title=self.faults.text(fields["title"], f"{where}.title", _SHORT, lines=False),
            detail=self.faults.text(fields["detail"], f"{where}.detail", _LONG),
            suggestion=self.faults.text(fields["suggestion"], f"{where}.suggestion", _LONG),
        )

    def refutation(self, raw: Any, where: str) -> Refutation | None:
        fields = self.faults.fields(raw, where, ("finding", "verdict", "evidence"))
        if fields is None:
            return None
        verdict = self.faults.choice(fields["verdict"], f"{where}.verdict", RefutationVerdict)
        return Refutation(
            finding=self.faults.identifier(fields["finding"], f"{where}.finding", "F"),
            verdict=verdict or RefutationVerdict.STANDS,
            evidence=self.faults.text(fields["evidence"], f"{where}.evidence", _LONG),
        )

    def diagnosis(self, raw: Any, where: str) -> Diagnosis | None:
        names = ("failure", "cause", "file", "line", "owner", "fix")
        fields = self.faults.fields(raw, where, names)
        if fields is None:
            return None
        if fields["owner"] not in OWNERS:
            self.faults.add(f"`{where}.owner` must be one of {', '.join(OWNERS)}.")
        return Diagnosis(
            failure=self.faults.text(fields["failure"], f"{where}.failure", _TEXT),
            cause=self.faults.text(fields["cause"], f"{where}.cause", _LONG),
            file=self.faults.path(fields["file"], f"{where}.file"),
            line=self.faults.line(fields["line"], f"{where}.line"),
            owner=str(fields["owner"]),
            fix=self.faults.text(fields["fix"], f"{where}.fix", _LONG),
        )

    def interface(self, raw: Any, where: str) -> Interface | None:
        fields = self.faults.fields(raw, where, ("name", "kind", "signature", "file", "line"))
        if fields is None:
            return None
        return Interface(
            name=self.faults.text(fields["name"], f"{where}.name", _SHORT, lines=False),
            kind=self.faults.text(fields["kind"], f"{where}.kind", _SHORT, lines=False),
            signature=self.faults.text(fields["signature"], f"{where}.signature", _TEXT),
            file=self.faults.path(fields["file"], f"{where}.file"),
            line=self.faults.line(fields["line"], f"{where}.line"),
        )

    def decision(self, raw: Any, where: str) -> Decision | None:
        fields = self.faults.fields(raw, where, ("what", "why"))
        if fields is None:
            return None
        return Decision(
            what=self.faults.text(fields["what"], f"{where}.what", _TEXT),
            why=self.faults.text(fields["why"], f"{where}.why", _TEXT),
        )

    def widening(self, raw: Any, where: str) -> Widening | None:
        fields = self.faults.fields(raw, where, ("path", "reason"))
        if fields is None:
            return None
        return Widening(
            path=self.faults.path(fields["path"], f"{where}.path"),
            reason=self.faults.text(fields["reason"], f"{where}.reason", _TEXT),
        )
