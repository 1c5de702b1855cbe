"""What this room asks of the others: tokens, a place for logs, the roster.

Not what the phases ask of this room: that stands in `phases.core.ports`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from phases.core.agent import Roster
from phases.core.model import Repository


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Return the present moment, with its time zone."""


class Tokens(Protocol):
    """Installation tokens, each with the least permissions for its use."""

    async def for_fetch(self, repository: Repository, *, refused: str | None) -> str:
        """Return a token that may read the contents of this one repository, not `refused`."""

    async def for_push(self, repository: Repository) -> str:
        """Return a new token that may write the contents of this one repository."""

    async def revoke(self, token: str) -> None:
        """Make a token worthless; a token that is so already is no error."""


class Logs(Protocol):
    """Where whole outputs of commands are kept."""

    async def keep(self, text: str) -> str:
        """Keep a text and return the SHA-256 of its UTF-8 form, in hex."""


class Packs(Protocol):
    """Where snapshots lie for other machines, each a git pack that may build on those before it."""

    async def keep(self, run: str, work: str, tree: str, pack: bytes) -> bool:
        """Keep the pack that makes a tree whole; False when the run has no room left for it."""

    async def trees(self, run: str, work: str) -> tuple[str, ...]:
        """Return the trees that are kept of a piece of work, oldest first."""

    async def packs(self, run: str, work: str) -> tuple[bytes, ...]:
        """Return the packs of a piece of work, oldest first."""


class RosterReader(Protocol):
    """Makes a roster of the built-in team and what a repository brings."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The gitignore patterns of the files whose texts it wants."""

    def read(self, texts: Mapping[str, str]) -> Roster:
        """Return the roster; `texts` are the repository's own files by path.

        Raises:
            BlockedError: when the repository's files cannot be used; the message says why.
        """
