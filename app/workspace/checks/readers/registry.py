"""Readers by the names that checks carry."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.workspace.checks.readers import json_formats, junit, text_formats
from app.workspace.checks.readers.reading import UNREAD, Output, Reading

_READERS: Mapping[str, Callable[[Output], Reading]] = MappingProxyType(
    {
        "junit": junit.read,
        "ruff": json_formats.ruff,
        "mypy": json_formats.mypy,
        "pyright": json_formats.pyright,
        "eslint": json_formats.eslint,
        "biome": json_formats.biome,
        "jest": json_formats.jest,
        "tsc": text_formats.tsc,
        "lines": text_formats.lines,
        "unformatted": text_formats.unformatted,
        "unittest": text_formats.unittest,
    }
)


def read(reader: str, output: Output, *, succeeded: bool) -> Reading:
    """Return what a tool's output says.

    A tool that succeeded has no failures, whatever it printed; one that failed without a failure
    that can be read is compared as a whole.
    """
    reading = _READERS[reader](output) if reader in _READERS else UNREAD
    if succeeded:
        return Reading((), reading.passed, 0 if reading.failed else reading.failed, reading.skipped)
    if not reading.failures:
        return Reading(text_formats.whole(output), reading.passed, reading.failed, reading.skipped)
    return reading
