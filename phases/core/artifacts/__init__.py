"""What each artifact must be: kinds by name, and the validators that hold a document to its kind.

They judge form and what can be looked up; whether an artifact is any good, its readers decide.
"""

from phases.core.artifacts.coverage import Case, requirement_ids
from phases.core.artifacts.coverage import cases as _cases
from phases.core.artifacts.coverage import covered as _covered
from phases.core.artifacts.coverage import gaps as _gaps
from phases.core.artifacts.coverage import settled as _settled
from phases.core.artifacts.document import parse as _parse
from phases.core.artifacts.facts import Facts
from phases.core.artifacts.judge import refusals
from phases.core.artifacts.kinds import KINDS, ArtifactKind, UnknownArtifactError, kind_of


def covered(text: str) -> tuple[str, ...]:
    """Return the R-ids that the section `Covers` of an artifact lists."""
    return _covered(_parse(text))


def cases_of(text: str) -> tuple[Case, ...]:
    """Return the cases of a test plan."""
    return _cases(_parse(text))


def gaps(report: str) -> tuple[str, ...]:
    """Return what a test report leaves untested, a line per entry; nothing when it says "None"."""
    return _gaps(_parse(report))


def tested_requirements(plan: str, report: str) -> frozenset[str]:
    """Return the R-ids that a test shows, or that plan or report excuse with a reason."""
    return _settled(_parse(plan), _parse(report))


__all__ = [
    "KINDS",
    "ArtifactKind",
    "Case",
    "Facts",
    "UnknownArtifactError",
    "cases_of",
    "covered",
    "gaps",
    "kind_of",
    "refusals",
    "requirement_ids",
    "tested_requirements",
]
