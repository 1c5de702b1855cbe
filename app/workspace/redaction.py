"""Takes credentials out of text that git printed.

It is not the redaction of log lines: that is telemetry's.
"""

import re

_TOKEN = re.compile(r"gh[pousr]_[A-Za-z0-9_.\-]{20,}|github_pat_[A-Za-z0-9_]{20,}")
_IN_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/@\s]+@", re.IGNORECASE)
_HEADER = re.compile(r"(?i)(authorization:\s*(?:basic|bearer|token)\s+)\S+")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def redacted(text: str, *secrets: str) -> str:
    """Return the text without tokens, credentials, the given secrets and control characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[redacted]")
    text = _TOKEN.sub("[redacted]", text)
    text = _HEADER.sub(r"\1[redacted]", text)
    text = _IN_URL.sub(r"\g<scheme>[redacted]@", text)
    return _CONTROL.sub("", text)


def capped(text: str, characters: int) -> str:
    """Return at most that many characters, saying so when some are missing."""
    return text if len(text) <= characters else f"{text[:characters].rstrip()} [cut]"
