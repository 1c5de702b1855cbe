"""What a reader makes of a tool's output, and the small things that all readers need.

Everything here comes from a repository's own code: it is text to count and show, nothing more.
"""

import re
from dataclasses import dataclass

from phases.core.receipts import CheckId, Failure

MOST_FAILURES = 500
_MOST_MESSAGE = 500
_MOST_NAME = 300
_UNSEEN = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True)
class Output:
    """What a check left: its standard output, its error output, and its report if it made one."""

    check: CheckId
    directory: str
    stdout: str
    stderr: str
    report: bytes | None


@dataclass(frozen=True)
class Reading:
    """The failures of a check, and how many things passed, failed and were skipped, if known.

    `unread` says why the output could not be read; then the failures say nothing.
    """

    failures: tuple[Failure, ...]
    passed: int | None = None
    failed: int | None = None
    skipped: int | None = None
    unread: bool = False


UNREAD = Reading((), unread=True)


def plain(text: str) -> str:
    """Return text without escape sequences and control characters other than line ends and tabs."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\t", " "))


def failure(output: Output, file: str, line: int | None, rule: str, message: str) -> Failure:
    """Return one failure with clean, bounded texts and a path relative to the repository."""
    return Failure(
        check=output.check,
        file=within(output.directory, file)[:_MOST_NAME],
        line=line,
        rule=" ".join(plain(rule).split())[:_MOST_NAME],
        message=" ".join(plain(message).split())[:_MOST_MESSAGE],
    )


def within(directory: str, file: str) -> str:
    """Return a path that a tool printed as a path relative to the repository."""
    file = plain(file).strip().replace("\\", "/")
    if file.startswith("/workspace/"):
        return file.removeprefix("/workspace/")
    if not file or file.startswith("/"):
        return file
    while file.startswith("./"):
        file = file[2:]
    parts = directory.split("/") if directory else []
    while file.startswith("../") and parts:
        file = file[3:]
        parts.pop()
    return "/".join([*parts, file])


def number(value: object) -> int | None:
    """Return a line number that a tool gave, or None when it is none."""
    try:
        found = int(str(value))
    except ValueError:
        return None
    return found if found > 0 else None
