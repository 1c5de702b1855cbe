"""Reads JUnit XML, as pytest, vitest and node's test runner write it."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from app.workspace.checks.readers.reading import (
    MOST_FAILURES,
    UNREAD,
    Output,
    Reading,
    failure,
    number,
)
from phases.core.receipts import Failure

_MOST_BYTES = 32 << 20
_FILE = re.compile(r"[^\s:]+\.[A-Za-z]{1,4}")
_BAD = ("failure", "error")


def read(output: Output) -> Reading:
    """Count the cases of a report and list those that failed."""
    if output.report is None or len(output.report) > _MOST_BYTES:
        return UNREAD
    try:
        root = fromstring(output.report, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        return UNREAD
    failures: list[Failure] = []
    passed = failed = skipped = 0
    for suite, case in _cases(root, ""):
        bad = next((child for child in case if child.tag in _BAD), None)
        if bad is not None:
            failed += 1
            if len(failures) < MOST_FAILURES:
                file = _file(case, suite)
                message = bad.get("message") or (bad.text or "").strip().partition("\n")[0]
                line = _line(case, bad, file)
                failures.append(failure(output, file, line, _name(case), message))
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return Reading(tuple(failures), passed, failed, skipped)


def _cases(element: Element, suite: str) -> Iterator[tuple[str, Element]]:
    for child in element:
        if child.tag == "testcase":
            yield suite, child
        elif child.tag in {"testsuite", "testsuites"}:
            yield from _cases(child, child.get("file") or child.get("name") or suite)


def _name(case: Element) -> str:
    name, owner = case.get("name") or "", case.get("classname") or ""
    return f"{owner}::{name}" if owner and owner not in {"test", name} else name


def _file(case: Element, suite: str) -> str:
    """Return the file of a case: pytest says it, vitest names class and suite by it."""
    for candidate in (case.get("file"), case.get("classname"), suite):
        if candidate and _FILE.fullmatch(candidate) and ("/" in candidate or case.get("file")):
            return candidate
    owner = case.get("classname") or ""
    return f"{owner.replace('.', '/')}.py" if _is_module(owner) else ""


def _is_module(owner: str) -> bool:
    return "." in owner and owner.replace(".", "").replace("_", "").isalnum()


def _line(case: Element, bad: Element, file: str) -> int | None:
    """Return the last line of the file that the text names, else where the case begins."""
    if file:
        found = re.findall(rf"{re.escape(file)}:(\d+)", (bad.text or "")[-20_000:])
        if found:
            return number(found[-1])
    begins = number(case.get("line"))
    return begins + 1 if begins is not None else None
