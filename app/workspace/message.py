"""Turns an accepted commit message into the text that git gets: cleaned again, with trailers.

What an agent may propose is judged in `phases.core.submission`; this holds even if that let it by.
"""

import re
from collections.abc import Mapping

from phases.core.submission import CommitMessage

_MOST_SUBJECT = 100
_MOST_BODY = 8000
_MOST_TRAILER = 200
# https://docs.github.com/actions/managing-workflow-runs/skipping-workflow-runs
_SKIP = re.compile(
    r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]|\*\*\*NO_CI\*\*\*", re.IGNORECASE
)
# https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
_CLOSES = re.compile(
    r"(\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+)(?:[\w./-]*#|GH-|https?://\S+/)(\d+)",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w.+/-])@(?=[A-Za-z0-9])")
_TRAILER = re.compile(r"^\s*(?:[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+|Fixes|Closes)\s*:\s*\S")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}")
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def commit_text(message: CommitMessage, trailers: Mapping[str, str]) -> str:
    """Return subject, body and trailers; whatever orders GitHub about is taken out."""
    subject = " ".join(_clean(message.header()).split())[:_MOST_SUBJECT]
    parts = [subject]
    if body := _body(message.body or ""):
        parts.append(body)
    if trailers:
        parts.append("\n".join(f"{_key(key)}: {_value(trailers[key])}" for key in trailers))
    return "\n\n".join(parts) + "\n"


def trailer(text: str, key: str) -> str | None:
    """Return a trailer of a commit's text, read from its last paragraph alone."""
    last = text.rstrip("\n").rpartition("\n\n")[2]
    values = [line.partition(": ")[2] for line in last.split("\n") if line.startswith(f"{key}: ")]
    return values[-1].strip() if values else None


def _body(text: str) -> str:
    lines = [line.rstrip() for line in _clean(text).split("\n") if not _TRAILER.match(line)]
    return "\n".join(lines).strip()[:_MOST_BODY].rstrip()


def _clean(text: str) -> str:
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    text = _SKIP.sub("", text)
    text = _CLOSES.sub(r"\1issue \2", text)
    return _MENTION.sub("", text)


def _key(key: str) -> str:
    return key if _KEY.fullmatch(key) else "Phaseline-Note"


def _value(value: str) -> str:
    return " ".join(_clean(value).split())[:_MOST_TRAILER]
