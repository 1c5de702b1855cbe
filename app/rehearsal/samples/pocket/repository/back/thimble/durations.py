"""Read durations such as `1h 30m`. What a duration is used for is the caller's affair."""

import re

UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

_PART = re.compile(r"(\d+)([dhms])")
_WHOLE = re.compile(r"(?:\d+d)?\s*(?:\d+h)?\s*(?:\d+m)?\s*(?:\d+s)?")


class DurationError(ValueError):
    """The value is not a duration; the message quotes it."""


def parse(text: str) -> int:
    """Return the duration in seconds. Raises DurationError."""
    trimmed = text.strip()
    if not trimmed or not _WHOLE.fullmatch(trimmed):
        raise DurationError(f"not a duration: {text!r}")
    return sum(int(count) * UNITS[unit] for count, unit in _PART.findall(trimmed))
