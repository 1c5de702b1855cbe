"""The dataclasses of a submission.

They hold what has been accepted; how raw input becomes one of them stands in `parse`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How the agent says its step ended; whether that is so, the service finds out."""

    DONE = "done"
    NO_CHANGE = "no_change"
    BLOCKED = "blocked"


class Weight(StrEnum):
    """How much process a request deserves."""

    LIGHT = "light"
    STANDARD = "standard"
    FULL = "full"


class Side(StrEnum):
    """A part of the repository that a request touches."""

    BACKEND = "backend"
    FRONTEND = "frontend"
    DOCS = "docs"


class Verdict(StrEnum):
    """A reviewer's word on what was reviewed."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"


class Severity(StrEnum):
    """How much a finding matters; only a blocking one goes back to its owner."""

    BLOCKING = "blocking"
    MAJOR = "major"
    MINOR = "minor"


class RefutationVerdict(StrEnum):
    """What became of a finding that somebody tried to refute."""

    REFUTED = "refuted"
    STANDS = "stands"


@dataclass(frozen=True)
class Requirement:
    """One thing the request asks for (R1, R2, ...), with the criteria that show it is met."""

    id: str
    text: str
    acceptance: tuple[str, ...]


@dataclass(frozen=True)
class CommitMessage:
    """A conventional commit message in parts; the service does the committing."""

    type: str
    scope: str | None
    subject: str
    body: str | None

    def header(self) -> str:
        """Return the first line: `type(scope): subject`."""
        scope = f"({self.scope})" if self.scope else ""
        return f"{self.type}{scope}: {self.subject}"

    def text(self) -> str:
        """Return the whole message, ending in a newline."""
        return f"{self.header()}\n\n{self.body}\n" if self.body else f"{self.header()}\n"


@dataclass(frozen=True)
class Review:
    """What the reviewer of the plans says of one of them, by its artifact's name."""

    artifact: str
    verdict: Verdict
    comments: str


@dataclass(frozen=True)
class Finding:
    """What a code reviewer found (F1, F2, ...), at a line when it has one."""

    id: str
    severity: Severity
    file: str
    line: int | None
    title: str
    detail: str
    suggestion: str


@dataclass(frozen=True)
class Refutation:
    """The result of trying to refute one finding, with the evidence."""

    finding: str
    verdict: RefutationVerdict
    evidence: str


@dataclass(frozen=True)
class Diagnosis:
    """The root cause of one failure, where it lies, whose it is to mend, and how."""

    failure: str
    cause: str
    file: str
    line: int | None
    owner: str
    fix: str


@dataclass(frozen=True)
class Interface:
    """Something that later steps build on: an operation, a type, an event, and where it stands."""

    name: str
    kind: str
    signature: str
    file: str
    line: int | None


@dataclass(frozen=True)
class Decision:
    """A choice that was open, and why it fell as it did."""

    what: str
    why: str


@dataclass(frozen=True)
class Widening:
    """A path outside the agent's scope that the work turned out to need."""

    path: str
    reason: str


@dataclass(frozen=True)
class Submission:
    """Everything one `submit` brought. What a step does not ask for is None."""

    outcome: Outcome
    artifact: str
    summary: str
    requirements: tuple[Requirement, ...] | None = None
    weight: Weight | None = None
    sides: tuple[Side, ...] | None = None
    commit: CommitMessage | None = None
    verdict: Verdict | None = None
    reviews: tuple[Review, ...] | None = None
    findings: tuple[Finding, ...] | None = None
    refutations: tuple[Refutation, ...] | None = None
    diagnosis: tuple[Diagnosis, ...] | None = None
    interfaces: tuple[Interface, ...] | None = None
    decisions: tuple[Decision, ...] | None = None
    questions: tuple[str, ...] | None = None
    widen: tuple[Widening, ...] | None = None
