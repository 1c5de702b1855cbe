"""What a commit message may say.

It judges the message that an agent proposes; who commits, and when, is not decided here.
"""

import re
from typing import Any

from phases.core.submission.faults import Faults
from phases.core.submission.model import CommitMessage

TYPES = (
    *("feat", "fix", "refactor", "perf", "test", "docs"),
    *("style", "build", "ci", "chore", "revert"),
)
MOST_SUBJECT_CHARACTERS = 72
MOST_BODY_CHARACTERS = 4000

_SCOPE = re.compile(r"[a-z0-9][a-z0-9._/-]{0,29}")
_REPEATED_TYPE = re.compile(rf"({'|'.join(TYPES)})(\([^)]*\))?!?:", re.IGNORECASE)
# https://docs.github.com/actions/managing-workflow-runs/skipping-workflow-runs
_SKIP = re.compile(
    r"\[(skip ci|ci skip|no ci|skip actions|actions skip)\]|^skip-checks:|\*\*\*NO_CI\*\*\*",
    re.IGNORECASE | re.MULTILINE,
)
# https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
_CLOSES = re.compile(
    r"\b(close[sd]?|fix(e[sd])?|resolve[sd]?)\b:?\s+(\S*#|GH-|https?://\S+/)\d+", re.IGNORECASE
)
_MENTION = re.compile(r"(?<![\w.+/-])@[A-Za-z0-9]")
_TRAILER = re.compile(r"^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)+\s*:\s*\S|^Generated (with|by)\b")

_RULES = (
    (_SKIP, "an order to skip checks"),
    (_CLOSES, "a keyword that closes an issue"),
    (_MENTION, "a mention of somebody (an @ before a word)"),
)


def read_commit(raw: Any, faults: Faults) -> CommitMessage | None:
    """Return the commit message, recording every fault of it."""
    fields = faults.fields(raw, "commit", ("type", "scope", "subject", "body"))
    if fields is None:
        return None
    if fields["type"] not in TYPES:
        faults.add(f"`commit.type` must be one of {', '.join(TYPES)}.")
    scope = fields["scope"] or None
    if scope is not None and not (isinstance(scope, str) and _SCOPE.fullmatch(scope)):
        faults.add("`commit.scope` must be one lower-case word of at most 30 characters, or null.")
    subject = faults.text(fields["subject"], "commit.subject", MOST_SUBJECT_CHARACTERS, lines=False)
    if subject.endswith("."):
        faults.add("`commit.subject` ends in a full stop: leave it off.")
    if _REPEATED_TYPE.match(subject):
        faults.add("`commit.subject` repeats the type: it stands in `commit.type` already.")
    body = None
    if fields["body"]:
        body = faults.text(fields["body"], "commit.body", MOST_BODY_CHARACTERS)
    _judge(subject, "commit.subject", faults)
    _judge(body or "", "commit.body", faults)
    return CommitMessage(str(fields["type"]), scope, subject, body)


def _judge(text: str, where: str, faults: Faults) -> None:
    for pattern, meaning in _RULES:
        if found := pattern.search(text):
            faults.add(f"`{where}` contains {meaning}, {found.group(0)!r}: leave it out.")
    for line in text.split("\n"):
        if _TRAILER.match(line.strip()):
            faults.add(
                f"`{where}` contains a trailer, {line.strip()[:60]!r}: the service writes its own."
            )
