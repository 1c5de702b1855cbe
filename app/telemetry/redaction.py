"""Takes secrets out of text that is about to leave the process: known values and known shapes."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

# GitHub's tokens (the long installation form included), Anthropic's keys, PEM blocks.
_SHAPES = re.compile(
    r"gh[pousr]_[A-Za-z0-9_.\-]{20,}"
    r"|github_pat_[A-Za-z0-9_]{20,}"
    r"|sk-ant-[A-Za-z0-9_\-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?i:(?:authorization|x-api-key)['\"]?\s*[:=]\s*['\"]?(?:basic|bearer|token)?\s*)[^\s'\",}]+"
)
REDACTED = "[redacted]"
SHORTEST = 8


class Redaction:
    """Knows the secrets of this process, in the forms in which they tend to slip out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        # No pattern: the forms of a private key take 20 ms to compile, at every start.
        self._longest_first = sorted(forms, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        for form in self._longest_first:
            text = text.replace(form, REDACTED)
        return _SHAPES.sub(REDACTED, text)


def _forms(secret: str) -> tuple[str, ...]:
    raw = secret.encode()
    return (
        secret,
        secret[::-1],
        quote(secret, safe=""),
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    )
