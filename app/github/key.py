"""The App's private key: read once, used to sign the App's own tokens, never shown."""

import logging
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from phases.core.ports import Clock

log = logging.getLogger(__name__)

# GitHub takes at most ten minutes from now, and its clock may be behind ours
# (docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App").
LIFETIME = timedelta(minutes=9)
DRIFT = timedelta(seconds=60)
DERIVED_BYTES = 32


class PrivateKeyError(ValueError):
    """The App's private key cannot be read; the message says what was expected."""


class AppKey:
    """Signs as one App."""

    def __init__(self, app_id: int, pem_or_path: str, clock: Clock) -> None:
        """Read the key from its PEM text, or from the file at that path.

        Raises:
            PrivateKeyError: when neither is an RSA private key without a password.
        """
        self.app_id = app_id
        self._key = _load(_pem(pem_or_path))
        self._clock = clock
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the present moment by GitHub's clock, as far as it has been heard."""
        return self._clock.now() + self._ahead

    def hear(self, date: str) -> bool:
        """Take GitHub's time from the `Date` of an answer; False when there is nothing new in it.

        A token that is dated by a clock that is minutes off is refused as if the key were wrong.
        """
        try:
            ahead = parsedate_to_datetime(date) - self._clock.now()
        except (ValueError, TypeError):
            return False
        if abs(ahead - self._ahead) < DRIFT:
            return False
        log.warning("this machine's clock is %.0f s off GitHub's", -ahead.total_seconds())
        self._ahead = ahead
        return True

    def sign(self) -> str:
        """Return a fresh token of the App itself, good for nine minutes."""
        now = self.now()
        claims = {"iat": now - DRIFT, "exp": now + LIFETIME, "iss": str(self.app_id)}
        return jwt.encode(claims, self._key, algorithm="RS256")

    def derive(self, purpose: bytes) -> bytes:
        """Return 32 bytes that only the holder of this key can make (HKDF, RFC 5869)."""
        material = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        kdf = HKDF(algorithm=SHA256(), length=DERIVED_BYTES, salt=None, info=purpose)
        return kdf.derive(material)


def _pem(pem_or_path: str) -> bytes:
    if "-----BEGIN" in pem_or_path:
        # Environment files keep line ends as two characters.
        return pem_or_path.replace("\\n", "\n").strip().encode()
    try:
        return Path(pem_or_path).read_bytes()
    except (OSError, ValueError) as error:
        raise PrivateKeyError(
            "The App's private key is neither PEM text nor a file that can be read: see "
            "PHASELINE_GITHUB_PRIVATE_KEY."
        ) from error


def _load(pem: bytes) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise PrivateKeyError(
            "The App's private key is not PEM without a password: see PHASELINE_GITHUB_PRIVATE_KEY."
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise PrivateKeyError(
            "The App's private key is not an RSA key: see PHASELINE_GITHUB_PRIVATE_KEY."
        )
    return key
