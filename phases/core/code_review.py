"""A code review's findings as one review of the pull request, on lines that its diff shows.

What lies outside of the diff stands in the review's body. Nothing is judged here.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from phases.core.comments import cut, plural
from phases.core.model import short
from phases.core.outward import Desired, OutwardKind, Place
from phases.core.record import Performed
from phases.core.sanitise import inline, prose
from phases.core.submission import Finding

LONGEST_BODY = 60_000
LONGEST_REMARK = 10_000
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(?P<start>\d+)(?:,(?P<count>\d+))? @@")
_NEW_FILE = "+++ b/"
_SUGGESTION = "```suggestion"


@dataclass(frozen=True)
class Remark:
    """A comment on one line of the new side."""

    path: str
    line: int
    body: str


@dataclass(frozen=True)
class CodeReview:
    """One review: its body, and its remarks on lines."""

    commit: str
    body: str
    remarks: tuple[Remark, ...]


def parse_code_review(text: str) -> CodeReview:
    """Return the review that a desired text stands for."""
    data: dict[str, Any] = json.loads(text)
    remarks = tuple(Remark(**remark) for remark in data.pop("remarks"))
    return CodeReview(**data, remarks=remarks)


def code_review(
    performed: Performed, commit: str, diff: str, earlier: Iterable[Performed]
) -> tuple[Desired, ...]:
    """Return the review that shows findings, or nothing when there are none that are new.

    `diff` is the unified diff of the pull request, at `commit`. What the `earlier` rounds said is
    not said again: their remarks still stand on the pull request.
    """
    said = {_gist(finding) for work in earlier for finding in _findings(work)}
    findings = tuple(f for f in _findings(performed) if _gist(f) not in said)
    if not findings:
        return ()
    shown = new_lines(diff)
    on_lines = [f for f in findings if f.line and f.line in shown.get(f.file, ())]
    elsewhere = [f for f in findings if f not in on_lines]
    thing = "new finding" if said else "finding"
    head = f"{plural(len(findings), thing)} of the code review (round {performed.name.round})"
    parts = [f"**{head}, at {short(commit)}.**", *(told_in_body(f) for f in elsewhere)]
    remarks = tuple(Remark(f.file, f.line or 1, _told(f)) for f in on_lines)
    review = CodeReview(commit, cut("\n\n".join(parts), LONGEST_BODY), remarks)
    text = json.dumps(asdict(review), sort_keys=True)
    return (Desired(f"review/{performed.name}", OutwardKind.REVIEW, Place.PULL_REQUEST, text),)


def _findings(performed: Performed) -> tuple[Finding, ...]:
    return (performed.submission.findings if performed.submission else None) or ()


def _gist(finding: Finding) -> tuple[str, str, str]:
    """Return what makes two findings one: line and details change from round to round."""
    return finding.file, str(finding.severity), finding.title


def without_remarks(review: CodeReview) -> str:
    """Return the whole review as a body, for a diff that does not show its lines after all."""
    remarks = (
        f"`{remark.path}:{remark.line}`\n\n{remark.body.replace(_SUGGESTION, '```')}"
        for remark in review.remarks
    )
    return cut("\n\n".join([review.body, *remarks]), LONGEST_BODY)


def new_lines(diff: str) -> Mapping[str, frozenset[int]]:
    """Return the lines of the new side that a unified diff shows, by path."""
    found: dict[str, set[int]] = defaultdict(set)
    path = ""
    at = left = 0
    for line in diff.split("\n"):
        if left > 0 and line[:1] in {" ", "+"}:
            found[path].add(at)
            at, left = at + 1, left - 1
        elif left > 0 and line[:1] in {"-", "\\"}:
            continue
        elif line.startswith(_NEW_FILE):
            path = line.removeprefix(_NEW_FILE).rstrip("\t")
        elif match := _HUNK.match(line):
            at = int(match["start"])
            left = int(match["count"] or 1)
        else:
            left = 0
    return {name: frozenset(lines) for name, lines in found.items()}


def told_in_body(finding: Finding) -> str:
    """Return a finding as it stands in a body, where no suggestion can be taken by a click."""
    where = f"{finding.file}:{finding.line}" if finding.line else finding.file
    return f"`{where.replace('`', '')}`\n\n{_told(finding).replace(_SUGGESTION, '```')}"


def _told(finding: Finding) -> str:
    parts = [
        f"**{finding.id}, {finding.severity}: {inline(finding.title)}**",
        prose(finding.detail),
    ]
    if finding.suggestion:
        parts.append(prose(finding.suggestion))
    return cut("\n\n".join(parts), LONGEST_REMARK)
