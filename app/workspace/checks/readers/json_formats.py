"""Reads the tools that print JSON: ruff, mypy, pyright, eslint, biome and jest."""

import json
from collections.abc import Iterator
from typing import Any

from app.workspace.checks.readers.reading import (
    MOST_FAILURES,
    UNREAD,
    Output,
    Reading,
    failure,
    number,
)
from phases.core.receipts import Failure


def ruff(output: Output) -> Reading:
    """Read `ruff check --output-format=json`."""
    found = _loaded(output.stdout)
    if not isinstance(found, list):
        return UNREAD
    return _listed(
        failure(
            output,
            _text(entry, "filename"),
            number(_inner(entry, "location", "row")),
            _text(entry, "code") or "syntax",
            _text(entry, "message"),
        )
        for entry in found
    )


def mypy(output: Output) -> Reading:
    """Read `mypy --output=json`: one object a line."""
    entries = [_loaded(line) for line in output.stdout.splitlines() if line.strip()]
    if not all(isinstance(entry, dict) for entry in entries):
        return UNREAD
    return _listed(
        failure(
            output,
            _text(entry, "file"),
            number(entry.get("line")),
            _text(entry, "code") or "error",
            _text(entry, "message"),
        )
        for entry in entries
        if entry.get("severity") == "error"
    )


def pyright(output: Output) -> Reading:
    """Read `pyright --outputjson`."""
    found = _loaded(output.stdout)
    if not isinstance(found, dict) or not isinstance(found.get("generalDiagnostics"), list):
        return UNREAD
    return _listed(
        failure(
            output,
            _text(entry, "file"),
            _from_zero(_inner(entry, "range", "start", "line")),
            _text(entry, "rule") or "error",
            _text(entry, "message"),
        )
        for entry in found["generalDiagnostics"]
        if _text(entry, "severity") == "error"
    )


def eslint(output: Output) -> Reading:
    """Read `eslint --format=json`; warnings count only when there is no error."""
    found = _loaded((output.report or b"").decode("utf-8", "replace") or output.stdout)
    if not isinstance(found, list):
        return UNREAD
    messages = [
        (_text(file, "filePath"), message)
        for file in found
        if isinstance(file, dict)
        for message in file.get("messages") or ()
        if isinstance(message, dict)
    ]
    errors = [m for m in messages if m[1].get("severity") == 2]  # noqa: PLR2004 - eslint's "error".
    return _listed(
        failure(
            output,
            file,
            number(message.get("line")),
            _text(message, "ruleId") or "syntax",
            _text(message, "message"),
        )
        for file, message in errors or messages
    )


def biome(output: Output) -> Reading:
    """Read biome's GitLab report; what is less than an error counts only when there is none."""
    found = _loaded(output.stdout)
    if not isinstance(found, list):
        return UNREAD
    errors = [entry for entry in found if _text(entry, "severity") in {"critical", "blocker"}]
    return _listed(
        failure(
            output,
            str(_inner(entry, "location", "path") or ""),
            number(_inner(entry, "location", "lines", "begin")),
            _text(entry, "check_name"),
            _text(entry, "description"),
        )
        for entry in errors or found
    )


def jest(output: Output) -> Reading:
    """Read `jest --json`."""
    found = _loaded((output.report or b"").decode("utf-8", "replace"))
    if not isinstance(found, dict) or not isinstance(found.get("testResults"), list):
        return UNREAD
    reading = _listed(_jest_failures(output, found["testResults"]))
    counts = (found.get(f"num{kind}Tests") for kind in ("Passed", "Failed", "Pending"))
    passed, failed, skipped = (n if isinstance(n, int) else None for n in counts)
    return Reading(reading.failures, passed, failed, skipped)


def _jest_failures(output: Output, results: list[Any]) -> Iterator[Failure]:
    for result in results:
        file = _text(result, "name")
        bad = [
            case
            for case in (result.get("assertionResults") or () if isinstance(result, dict) else ())
            if _text(case, "status") == "failed"
        ]
        for case in bad:
            messages = case.get("failureMessages")
            message = str(messages[0]) if isinstance(messages, list) and messages else ""
            line = number(_inner(case, "location", "line"))
            name = _text(case, "fullName")
            yield failure(output, file, line, name, message.partition("\n")[0])
        if not bad and _text(result, "status") == "failed":
            yield failure(output, file, None, "suite", _text(result, "message"))


def _listed(failures: Iterator[Failure]) -> Reading:
    every = tuple(failures)
    return Reading(every[:MOST_FAILURES], failed=len(every))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(entry: Any, key: str) -> str:
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""


def _inner(entry: Any, *keys: str) -> Any:
    for key in keys:
        entry = entry.get(key) if isinstance(entry, dict) else None
    return entry


def _from_zero(value: Any) -> int | None:
    return value + 1 if isinstance(value, int) else None
