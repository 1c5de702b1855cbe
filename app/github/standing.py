"""What the writer learns of something that it made stand on GitHub."""

import hashlib
from dataclasses import dataclass

from phases.core.errors import PhaselineError


class DeletedAgainError(PhaselineError):
    """People deleted a comment that had been written again already: they do not want it."""


@dataclass(frozen=True)
class Standing:
    """What stands on GitHub now; a request for review has neither id nor address.

    `body_sha256` is over the body of a comment as GitHub took it, in hex.
    """

    remote_id: int | None
    url: str | None
    body_sha256: str | None


def digest(body: str) -> str:
    """Return the SHA-256 of a comment's body as GitHub has it, in hex."""
    return hashlib.sha256(body.encode()).hexdigest()
