"""Reads the tools that print lines: tsc, formatters, flake8 and pylint, unittest; and the rest."""

import hashlib
import re
from collections.abc import Iterable

from app.workspace.checks.readers.reading import (
    MOST_FAILURES,
    UNREAD,
    Output,
    Reading,
    failure,
    number,
    plain,
)
from phases.core.receipts import Failure

_TSC = re.compile(
    r"^(?P<file>[^\s(][^(\n]{0,300})\((?P<line>\d+),\d+\): error (?P<rule>TS\d+): (?P<message>.*)$",
    re.MULTILINE,
)
_TSC_GLOBAL = re.compile(r"^error (?P<rule>TS\d+): (?P<message>.*)$", re.MULTILINE)
_LINE = re.compile(
    r"^(?P<file>[^\s:][^:\n]{0,300}):(?P<line>\d+):(?:\d+:)? "
    r"\[?(?P<rule>[A-Z]{1,4}\d{2,5})(?:\([\w-]+\), ?[^\]]*\])?:? (?P<message>.*)$",
    re.MULTILINE,
)
_UNFORMATTED = re.compile(
    r"^(?:would reformat (?P<black>.+)|Would reformat: (?P<ruff>.+)|\[warn\] (?P<prettier>\S.*)"
    r"|\[error\] (?P<broken>[^:\n]+): (?P<why>.*)"
    r"|error: cannot format (?P<stuck>[^:\n]+): (?P<cause>.*)"
    r"|error: Failed to parse (?P<unread>[^:\n]+):(?P<reason>.*))$",
    re.MULTILINE,
)
# ruff 0.14 and later; those before print `Would reformat:`.
_DIAGNOSED = re.compile(
    r"^(?P<rule>unformatted|invalid-syntax): (?P<message>.*)\n"
    r" *--> (?P<file>.+):(?P<line>\d+):\d+$",
    re.MULTILINE,
)
_UNITTEST = re.compile(
    r"^(?P<how>FAIL|ERROR): (?P<name>\S+)(?: \((?P<owner>[^)]+)\))?", re.MULTILINE
)
_RAN = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)
_COUNT = re.compile(r"(failures|errors|skipped|expected failures|unexpected successes)=(\d+)")
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_MESSAGE = re.compile(r"^(?P<message>[A-Za-z_][\w.]*(?:Error|Exception|Failure|Exit)\b.*)$")
_VOLATILE = re.compile(
    r"\b\d+(?:\.\d+)?\s?(?:ms|s|sec|seconds|m)\b|\b[0-9a-f]{7,40}\b|0x[0-9a-f]+|\d+"
)
_RULER = "=" * 70


def tsc(output: Output) -> Reading:
    """Read `tsc --pretty false`."""
    text = plain(output.stdout)
    found = [
        failure(output, m["file"], number(m["line"]), m["rule"], m["message"])
        for m in _TSC.finditer(text)
    ]
    found += [
        failure(output, "", None, m["rule"], m["message"]) for m in _TSC_GLOBAL.finditer(text)
    ]
    return _listed(found)


def lines(output: Output) -> Reading:
    """Read `path:line:column: CODE message`, as flake8 and pylint print it."""
    return _listed(
        failure(output, m["file"], number(m["line"]), m["rule"], m["message"])
        for m in _LINE.finditer(plain(output.stdout))
    )


def unformatted(output: Output) -> Reading:
    """Read the lists of files that ruff, black and prettier would format, or cannot parse."""
    text = plain(f"{output.stdout}\n{output.stderr}")
    found = [
        failure(output, m["file"], number(m["line"]), m["rule"], m["message"])
        for m in _DIAGNOSED.finditer(text)
    ]
    for match in _UNFORMATTED.finditer(text):
        groups = match.groupdict()
        file = groups["black"] or groups["ruff"] or groups["prettier"]
        if file is not None:
            if not file.startswith("Code style issues"):
                found.append(failure(output, file, None, "format", "It would be formatted."))
            continue
        broken = groups["broken"] or groups["stuck"] or groups["unread"] or ""
        why = groups["why"] or groups["cause"] or groups["reason"] or ""
        found.append(failure(output, broken, None, "syntax", why))
    return _listed(found)


def unittest(output: Output) -> Reading:
    """Read what Python's own test runner prints."""
    text = plain(f"{output.stdout}\n{output.stderr}")
    ran = _RAN.search(text)
    if ran is None:
        return UNREAD
    last = text[ran.start() :]
    counts = {kind: int(count) for kind, count in _COUNT.findall(last)}
    failed = counts.get("failures", 0) + counts.get("errors", 0)
    failed += counts.get("unexpected successes", 0)
    skipped = counts.get("skipped", 0)
    found = [_unittest_failure(output, block) for block in text[: ran.start()].split(_RULER)[1:]]
    passed = max(int(ran[1]) - failed - skipped, 0)
    return Reading(tuple(f for f in found if f)[:MOST_FAILURES], passed, failed, skipped)


def whole(output: Output) -> tuple[Failure, ...]:
    """Return one failure that stands for the whole output, the same as long as its words are."""
    text = _VOLATILE.sub("#", plain(f"{output.stdout}\n{output.stderr}"))
    words = " ".join(text.split()).replace("/workspace/", "")
    letters = hashlib.sha256(words.encode()).digest()[:8].hex()
    # The identity of a failure leaves digits out: the hash is spelled in letters.
    name = letters.translate(str.maketrans("0123456789", "ghijklmnop"))
    last = [line for line in plain(output.stderr or output.stdout).splitlines() if line.strip()]
    message = last[-1] if last else "It printed nothing."
    return (failure(output, "", None, f"output-{name}", message),)


def _unittest_failure(output: Output, block: str) -> Failure | None:
    head = _UNITTEST.search(block)
    if head is None:
        return None
    frames = [m for m in _FRAME.finditer(block) if m["file"].startswith("/workspace/")]
    words = [m["message"] for line in block.splitlines() if (m := _MESSAGE.match(line))]
    owner = head["owner"] or ""
    name = owner if owner.endswith(head["name"]) else f"{owner}.{head['name']}".strip(".")
    file = frames[-1]["file"] if frames else ""
    return failure(
        output,
        file,
        number(frames[-1]["line"]) if frames else None,
        name,
        words[-1] if words else head["how"],
    )


def _listed(failures: Iterable[Failure]) -> Reading:
    every = tuple(failures)
    return Reading(every[:MOST_FAILURES], failed=len(every))
