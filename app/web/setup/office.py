"""What the pages ask of whoever registers Apps and keeps credentials. It does nothing."""

from dataclasses import dataclass
from typing import Protocol

from app.web.setup.wish import Wish


class SetupError(Exception):
    """Registering did not work; the message says why, `advice` what to do now."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.advice = advice


@dataclass(frozen=True)
class Application:
    """What the App will have: permissions and events by the titles of GitHub's settings page."""

    permissions: tuple[tuple[str, str], ...]
    events: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """What a browser takes to GitHub: a POST of `manifest` to `address`."""

    address: str
    manifest: str


@dataclass(frozen=True)
class Kept:
    """A registered App and where its credentials lie; nothing here is secret."""

    name: str
    id: int
    install_url: str
    settings_url: str
    files: tuple[str, ...]
    backups: tuple[str, ...]
    has_claude_key: bool
    label: str


class Office(Protocol):
    """Registers one App."""

    @property
    def github_url(self) -> str:
        """GitHub's web address."""

    @property
    def application(self) -> Application:
        """What the App will have."""

    @property
    def has_claude_key(self) -> bool:
        """Whether a key of the Claude API is configured already."""

    def form(self, wish: Wish, redirect_url: str, state: str) -> Form:
        """Return what the browser is to take to GitHub."""

    async def register(self, code: str, wish: Wish) -> Kept:
        """Exchange GitHub's code and store what it gives.

        Asked again after a failure it goes on where it stopped.

        Raises:
            SetupError: with what to do.
        """
