"""Whether the places that a submission's data name are there; texts of artifacts are judged apart.

A line that does not exist sends whoever mends it, or reads it, the wrong way.
"""

from collections.abc import Callable, Iterator

from phases.core.submission.model import Severity, Submission

Exists = Callable[[str, int | None], bool]


def misplaced(submission: Submission, exists: Exists) -> tuple[str, ...]:
    """Return a sentence for each finding, cause or interface whose file or line is not there."""
    named = [
        *((f"findings: {f.id}", f.file, f.line) for f in submission.findings or ()),
        *((f"diagnosis: {d.failure[:60]}", d.file, d.line) for d in submission.diagnosis or ()),
        *((f"interfaces: {i.name}", i.file, i.line) for i in submission.interfaces or ()),
    ]
    absent = [(where, file, line) for where, file, line in named if not exists(file, line)]
    return (*(_told(*place) for place in absent), *_without_line(submission))


def _told(where: str, file: str, line: int | None) -> str:
    place = f"{file}:{line}" if line else file
    return (
        f"`{where}` names {place}, which does not exist: look it up. For what is missing, name the "
        "existing place where it belongs."
    )


def _without_line(submission: Submission) -> Iterator[str]:
    for finding in submission.findings or ():
        if finding.severity is Severity.BLOCKING and finding.line is None:
            yield (
                f"{finding.id} is blocking and has no line: give the line that is wrong, or the "
                "one where what is missing belongs."
            )
    for entry in submission.diagnosis or ():
        if entry.line is None:
            yield f"`diagnosis` gives no line of {entry.file}: a cause has one."
