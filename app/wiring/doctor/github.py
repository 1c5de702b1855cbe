"""Looks at GitHub: the clocks, the key, the App's permissions and events, where it is installed."""

import stat
from collections.abc import Mapping
from pathlib import Path

from app.github.checkup import Checkup, InstallationSeen, githubs_time
from app.github.connection import GitHubConnection
from app.github.key import AppKey
from app.github.registration import PERMISSIONS, SUBSCRIPTIONS, WRITE, Permission
from app.settings import Settings
from app.wiring.doctor.examination import Examination, Note
from app.wiring.doctor.webhook import WebhookExamination
from app.wiring.refusals import StartError
from app.wiring.worker import connection_of
from phases.core.errors import TransientError
from phases.core.ports import Clock

# A token of ours ends 60 s before the latest moment that GitHub takes (`app/github/key.py`).
MOST_SKEW_SECONDS = 30
FOREIGN_BITS = stat.S_IRWXG | stat.S_IRWXO


class GitHubExaminations:
    """What is asked of GitHub, with the App's own credentials."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._hook = WebhookExamination(settings, clock)
        # Opened when the key is known to be one.
        self._connection: GitHubConnection | None = None

    def all(self) -> tuple[Examination, ...]:
        """Return them in order."""
        return (
            Examination("clock", self._time),
            Examination("key", self._key),
            Examination("app", self._app, needs=("clock", "key")),
            Examination("permissions", self._permissions, needs=("app",)),
            Examination("events", self._events, needs=("app",)),
            Examination("installations", self._installations, needs=("app", "permissions")),
            Examination("webhook", self._webhook, needs=("app",)),
        )

    async def _time(self) -> str:
        api = self._settings.github_api_url
        try:
            theirs = await githubs_time(api, None)
        except TransientError as error:
            raise StartError(
                f"{error}: can this machine reach {api}? Look at PHASELINE_GITHUB_API_URL, name "
                "service and firewall."
            ) from error
        skew = (self._clock.now() - theirs).total_seconds()
        if abs(skew) > MOST_SKEW_SECONDS:
            word = "ahead of" if skew > 0 else "behind"
            raise StartError(
                f"This machine's clock is {abs(skew):.0f} s {word} GitHub's, which then refuses "
                "the App's tokens: let the time be set by the network (`timedatectl set-ntp true`)."
            )
        return f"within {max(abs(skew), 1):.0f} s of GitHub's"

    async def _key(self) -> str:
        given = self._settings.github_private_key.get_secret_value()
        AppKey(self._settings.github_app_id, given, self._clock)
        return "can be read" if "-----BEGIN" in given else _mode_of(Path(given))

    async def _app(self) -> str:
        app = await self._checkup().application()
        return f"{app.name} of {app.owner.login}, {app.html_url}"

    async def _permissions(self) -> str:
        app = await self._checkup().application()
        page = f"{app.settings_url(self._settings.github_url)}/permissions"
        missing = lacking(app.permissions)
        if needed := [one for one in missing if one.needed]:
            raise StartError(
                f"The App lacks {told(needed)}. Give it that at {page}, then agree to it where the "
                "App is installed."
            )
        if missing:
            return Note(f"The App lacks {told(missing)}: there are no check runs, all else works.")
        asked = {one.name for one in PERMISSIONS}
        if more := sorted(set(app.permissions) - asked):
            return Note(f"All that is needed, and more: {', '.join(more)}. Take that away: {page}.")
        return told(PERMISSIONS)

    async def _events(self) -> str:
        app = await self._checkup().application()
        missing = [one.title for one in SUBSCRIPTIONS if one.needed and one.name not in app.events]
        if missing:
            raise StartError(
                f"The App does not subscribe to {', '.join(missing)}. Tick that at "
                f"{app.settings_url(self._settings.github_url)}/permissions."
            )
        return ", ".join(one.title for one in SUBSCRIPTIONS if one.name in app.events)

    async def _installations(self) -> str:
        checkup = self._checkup()
        app = await checkup.application()
        found = await checkup.installations()
        for installation in found:
            _demand_agreed(installation)
        active = [one for one in found if one.suspended_at is None]
        names = [name for one in active for name in await checkup.repositories(one)]
        if not names:
            return Note(
                f"The App is installed on no repository yet: {app.html_url}/installations/new"
            )
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - enough to recognise
        return f"{', '.join(names[:3])}{more}"

    async def _webhook(self) -> str:
        checkup = self._checkup()
        app = await checkup.application()
        return await self._hook.examine(checkup, app.settings_url(self._settings.github_url))

    def _checkup(self) -> Checkup:
        if self._connection is None:
            self._connection = connection_of(self._settings, self._clock)
        return Checkup(self._connection.clients)

    async def close(self) -> None:
        """Close the connection to GitHub, if there is one."""
        if self._connection is not None:
            await self._connection.close()


def lacking(permissions: Mapping[str, str]) -> list[Permission]:
    """Return what the App asks for and these permissions do not hold."""
    return [
        asked
        for asked in PERMISSIONS
        if permissions.get(asked.name) not in {asked.level, WRITE, "admin"}
    ]


def told(permissions: list[Permission] | tuple[Permission, ...]) -> str:
    """Name permissions as GitHub's settings page does."""
    words = {True: "read and write", False: "read-only"}
    return ", ".join(f"{one.title} ({words[one.level == WRITE]})" for one in permissions)


def _mode_of(file: Path) -> str:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & FOREIGN_BITS:
        return Note(f"{file} has the mode {mode:o}: others may read it. `chmod 600` it.")
    return f"{file} can be read, by nobody else"


def _demand_agreed(installation: InstallationSeen) -> None:
    needed = [one for one in lacking(installation.permissions) if one.needed]
    if needed and installation.suspended_at is None:
        raise StartError(
            f"The installation on {installation.account.login} lacks {told(needed)}: its owner has "
            f"not agreed yet. Review the request at {installation.html_url}."
        )
