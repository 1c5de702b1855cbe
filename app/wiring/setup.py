"""Joins the pages of the set-up with GitHub's manifest flow and the files of credentials."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from app.clock import SystemClock
from app.github.errors import RefusedByGitHubError
from app.github.registration import (
    PERMISSIONS,
    SUBSCRIPTIONS,
    WRITE,
    Registered,
    Registry,
    manifest,
)
from app.settings import ENV_FILE, PREFIX, Places
from app.web.setup.office import Application, Form, Kept, SetupError
from app.web.setup.wish import Wish
from app.wiring.credentials import (
    APP_ID,
    KEY_FILE,
    WEBHOOK_SECRET,
    Credentials,
    CredentialsError,
)
from phases.core.errors import BlockedError, TransientError

CLAUDE_KEY = "ANTHROPIC_API_KEY"
ACCESS = {True: "Read and write", False: "Read-only"}


def credentials_of(places: Places, now: datetime, *, replace: bool) -> Credentials:
    """Return where the credentials of the service of this directory lie."""
    file = Path(ENV_FILE)
    return Credentials(
        env_file=file.resolve() if file.is_symlink() else file,
        key_file=places.data_dir / KEY_FILE,
        taken=frozenset(os.environ),
        replace=replace,
        suffix=f"{now:%Y%m%dT%H%M%S}",
    )


class Registering:
    """Registers one App and stores what GitHub hands out; the pages' office."""

    def __init__(self, places: Places, registry: Registry, credentials: Credentials) -> None:
        self.github_url = places.github_url.rstrip("/")
        self._api_url = places.github_api_url
        self._label = places.label
        self._registry = registry
        self._credentials = credentials
        # GitHub gives it once: it is held until it is stored. `lost` is the settings page of an App
        # that would be of no use if this program ended now.
        self._unkept: Registered | None = None
        self.lost = ""

    @property
    def application(self) -> Application:
        """What the App will have."""
        return Application(
            permissions=tuple((one.title, ACCESS[one.level == WRITE]) for one in PERMISSIONS),
            events=tuple(event.title for event in SUBSCRIPTIONS),
        )

    @property
    def has_claude_key(self) -> bool:
        """Whether a key of the Claude API is configured already."""
        return bool(os.environ.get(CLAUDE_KEY) or self._credentials.known(CLAUDE_KEY))

    def form(self, wish: Wish, redirect_url: str, state: str) -> Form:
        """Return what the browser is to take to GitHub."""
        return Form(
            address=f"{self._owner(wish)}/settings/apps/new?state={state}",
            manifest=json.dumps(manifest(wish.name, wish.webhook_url, redirect_url)),
        )

    async def register(self, code: str, wish: Wish) -> Kept:
        """Exchange GitHub's code and store what it gives; asked again it goes on.

        Raises:
            SetupError: with what to do.
        """
        if self._unkept is None:
            self._unkept = await self._converted(code, wish)
        made = self._unkept
        self.lost = self._settings_of(made, wish)
        try:
            backups = self._credentials.keep(self._variables(made, wish), made.private_key)
        except CredentialsError as error:
            raise SetupError(
                str(error),
                "The App is registered and its key waits in this program's memory: put that "
                "right, then reload this page. Without that the App is of no use; delete it on "
                "GitHub.",
            ) from error
        self._unkept, self.lost = None, ""
        return Kept(
            name=made.name,
            id=made.id,
            install_url=f"{self._page_of(made)}/installations/new",
            settings_url=self._settings_of(made, wish),
            files=(str(self._credentials.env_file), str(self._credentials.key_file)),
            backups=backups,
            has_claude_key=self.has_claude_key,
            label=self._label,
        )

    async def _converted(self, code: str, wish: Wish) -> Registered:
        try:
            return await self._registry.convert(code)
        except (RefusedByGitHubError, BlockedError) as error:
            raise SetupError(
                f"GitHub did not take the code that it had given. {error}",
                "A code holds for an hour and for one use. The App stands on GitHub, and nobody "
                f"has its key: delete it at {self._owner(wish)}/settings/apps, then begin again "
                "at the address that the terminal shows.",
            ) from error
        except TransientError as error:
            raise SetupError(
                f"{error}.",
                f"Is {self._api_url} GitHub's API, and can this machine reach it? Reload this "
                "page to try again: the code holds for an hour.",
            ) from error

    def _variables(self, made: Registered, wish: Wish) -> dict[str, str]:
        given = {APP_ID: str(made.id), WEBHOOK_SECRET: made.webhook_secret}
        if wish.claude_key:
            given[CLAUDE_KEY] = wish.claude_key
        # What came from the environment is there next time too.
        addresses = {"GITHUB_URL": self.github_url, "GITHUB_API_URL": self._api_url}
        for name, value in addresses.items():
            if value != Places.model_fields[name.lower()].default:
                given[f"{PREFIX}{name}"] = value
        return given

    def _page_of(self, made: Registered) -> str:
        ours = made.page.startswith(f"{self.github_url}/")
        return made.page if ours else f"{self.github_url}/apps/{made.slug}"

    def _settings_of(self, made: Registered, wish: Wish) -> str:
        return f"{self._owner(wish)}/settings/apps/{made.slug}"

    def _owner(self, wish: Wish) -> str:
        below = f"/organizations/{wish.organization}" if wish.organization else ""
        return f"{self.github_url}{below}"


@asynccontextmanager
async def registering(places: Places, credentials: Credentials) -> AsyncIterator[Registering]:
    """Give what registers an App, with a way to GitHub."""
    registry = Registry(api_url=places.github_api_url, proxy=None, clock=SystemClock())
    try:
        yield Registering(places, registry, credentials)
    finally:
        await registry.close()
