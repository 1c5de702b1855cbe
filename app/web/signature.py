"""Who sent a webhook: HMAC-SHA256 over the raw body, by a secret shared with GitHub.

githubkit's own check falls back to SHA-1, accepts an empty secret and raises on non-ASCII headers;
this one does none of that. It reads no JSON.
"""

import hashlib
import hmac
import re

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
# HMAC-SHA256 is as strong as its key up to the length of its digest (RFC 2104, section 3).
SHORTEST_SECRET_BYTES = 32


class WeakSecretError(ValueError):
    """The webhook secret is shorter than 32 bytes; make one with `openssl rand -hex 32`."""


class Signatures:
    """Checks `X-Hub-Signature-256` against one secret."""

    def __init__(self, secret: str) -> None:
        """Take the secret.

        Raises:
            WeakSecretError: when it is shorter than 32 bytes.
        """
        key = secret.encode()
        if len(key) < SHORTEST_SECRET_BYTES:
            raise WeakSecretError(
                f"the webhook secret has {len(key)} bytes and needs at least "
                f"{SHORTEST_SECRET_BYTES}; make one with: openssl rand -hex 32"
            )
        self._key = key

    def is_well_formed(self, header: str | None) -> bool:
        """Tell whether a header can be a signature at all; cheap, before any body is read."""
        return header is not None and _SIGNATURE.fullmatch(header) is not None

    def holds(self, header: str, body: bytes) -> bool:
        """Tell whether the header signs exactly these bytes, in time that does not depend on it."""
        match = _SIGNATURE.fullmatch(header)
        if match is None:
            return False
        expected = hmac.new(self._key, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(match[1].encode(), expected.encode())
