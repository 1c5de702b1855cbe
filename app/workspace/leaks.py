"""Looks for secrets in what a commit would add. It names the place, never the value.

It is a net, not a proof: what it cannot recognise passes.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from app.workspace.tripwire import Tripwire, disguises

_KINDS = (
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9_.\-]{20,}|\bgithub_pat_[A-Za-z0-9_]{22,}"),
    ("an Anthropic key", r"\bsk-ant-[A-Za-z0-9_\-]{20,}"),
    ("an OpenAI key", r"\bsk-(?:proj-)?(?=[A-Za-z_\-]*\d)[A-Za-z0-9_\-]{32,}"),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a Google key", r"\bAIza[A-Za-z0-9_\-]{35}\b"),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", r"\bpypi-AgEI[A-Za-z0-9_\-]{50,}"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_\-]{20,}"),
    ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
)
_PATTERNS = tuple((what, re.compile(pattern)) for what, pattern in _KINDS)
_ASSIGNED = re.compile(
    r"(?i)(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credential)\w{0,20}"
    r"[\"']?\s{0,5}[:=]\s{0,5}[\"']([^\"'\s]{20,200})[\"']"
)
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://(?P<user>[^\s/:@\"'<>{}$]*):(?P<password>[^\s/@\"'<>{}$]{8,})@"
)
# What development set-ups and documentation write where a password would stand.
_NO_PASSWORDS = frozenset(
    {"password", "postgres", "passw0rd", "changeme", "developer", "testtest", "rabbitmq"}
)
_EXAMPLE = re.compile(r"(?i)example|placeholder|changeme|redacted|dummy|your[_-]|xxxx|\$\{|<[a-z]")
_LEAST_ENTROPY = 4.2
_LEAST_KNOWN = 12
_LONGEST_LINE = 20_000


@dataclass(frozen=True)
class Leak:
    """A place that seems to hold a secret: line from 1, and what it looks like."""

    line: int
    what: str


class Leaks:
    """Knows the shapes of secrets, and the values that must never leave this host."""

    def __init__(self, known: Iterable[str]) -> None:
        values = tuple(known)
        self._forms = tuple(form for value in values for form in _forms(value))
        self._tripwire = Tripwire(values)

    def betrayed_by(self, text: str) -> bool:
        """Whether a text holds one of the known values, in part or in disguise."""
        return self._tripwire.touched_by(text)

    def find(self, content: bytes, before: bytes) -> tuple[Leak, ...]:
        """Return what the lines of `content` hold that are not in `before`."""
        old = set(before.split(b"\n"))
        lines = enumerate(content.split(b"\n"), start=1)
        new = ((number, line) for number, line in lines if line not in old)
        return tuple(
            Leak(number, what)
            for number, line in new
            if (what := self._within(line.decode("utf-8", "replace")))
        )

    def _within(self, line: str) -> str:
        if any(form in line for form in self._forms):
            return "a value that only this service knows"
        return next(
            (what for part in _pieces(line) for what in _shapes(part)),
            "",
        )


def _shapes(line: str) -> Iterator[str]:
    for what, pattern in _PATTERNS:
        found = pattern.search(line)
        if found and not _EXAMPLE.search(found.group()):
            yield what
    for found in _ADDRESS.finditer(line):
        password = found["password"]
        if password.lower() not in _NO_PASSWORDS | {found["user"].lower()}:
            yield "a password in an address"
    for found in _ASSIGNED.finditer(line):
        value = found.group(1)
        if not _EXAMPLE.search(value) and _entropy(value) > _LEAST_ENTROPY:
            yield "what looks like a secret"


def _pieces(line: str) -> Iterator[str]:
    """Cut a very long line, with an overlap, so that matching stays cheap."""
    for start in range(0, max(len(line), 1), _LONGEST_LINE):
        yield line[max(0, start - 500) : start + _LONGEST_LINE]


def _forms(value: str) -> Iterator[str]:
    """Yield a known value line by line, and in the encodings that hide it from a plain look."""
    if len(value) >= _LEAST_KNOWN:
        yield from (line for line in value.split("\n") if len(line) >= _LEAST_KNOWN)
        yield quote(value, safe="")
        yield from disguises(value)


def _entropy(text: str) -> float:
    """Return the bits per character of a text, from the frequencies of its characters."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
