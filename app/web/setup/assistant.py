"""The set-up's few states: asked, sent to GitHub, done. It renders nothing and opens no socket."""

import asyncio
import hmac
import secrets
from dataclasses import dataclass

from app.web.setup.office import Form, Kept, Office, SetupError
from app.web.setup.wish import Wish

SECRET_BYTES = 32
LONGEST_CODE = 200


@dataclass(frozen=True)
class _Sent:
    """A wish that is on its way through GitHub, under a state that only we and GitHub know."""

    state: str
    wish: Wish


class Assistant:
    """Leads one person to one App; `key` stands in the address that the terminal shows.

    Whoever does not know it, another user of this machine or a page in the browser, gets nowhere.
    """

    def __init__(self, office: Office) -> None:
        self.office = office
        self.key = secrets.token_urlsafe(SECRET_BYTES)
        self.kept: Kept | None = None
        self.finished = asyncio.Event()
        self._sent: _Sent | None = None
        self._turn = asyncio.Lock()

    def knows(self, key: str) -> bool:
        """Tell, in constant time, whether a request comes from the one person."""
        return hmac.compare_digest(key.encode(), self.key.encode())

    def send(self, wish: Wish, redirect_url: str) -> Form:
        """Return what the browser takes to GitHub; an earlier wish counts no more."""
        state = secrets.token_urlsafe(SECRET_BYTES)
        form = self.office.form(wish, redirect_url, state)
        self._sent = _Sent(state, wish)
        return form

    async def take(self, code: str, state: str) -> Kept:
        """Take the person back from GitHub; what was registered once is returned as it is.

        Raises:
            SetupError: when it is not our state, or registering did not work.
        """
        async with self._turn:
            sent = self._sent
            if sent is None or not hmac.compare_digest(state.encode(), sent.state.encode()):
                raise SetupError(
                    "This answer does not belong to what was begun here.",
                    "It may be of an older try, or of another tab. If GitHub has made an App on "
                    "the way, delete it there, then begin again at the address that the terminal "
                    "shows.",
                )
            if self.kept is None:
                if not (code.isascii() and code.isalnum() and len(code) <= LONGEST_CODE):
                    raise SetupError(
                        "GitHub's answer holds no code.",
                        "Begin again at the address that the terminal shows.",
                    )
                self.kept = await self.office.register(code, sent.wish)
            return self.kept
