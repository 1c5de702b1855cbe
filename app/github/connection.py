"""The way to one GitHub as one App: pool, key, tokens and clients, made and closed together."""

from datetime import timedelta

import httpx

from app.github.client import TIMEOUT, GitHubClients
from app.github.key import AppKey
from app.github.pacing import Pacer
from app.github.patience import Patience
from app.github.pool import SharedPool
from app.github.seal import TrackerSeal
from app.github.tokens import InstallationTokens
from phases.core.ports import Clock


class GitHubConnection:
    """What the rest of the room is given; `proxy` is a URL or None."""

    def __init__(
        self,
        *,
        app_id: int,
        private_key: str,
        api_url: str,
        proxy: str | None,
        write_spacing: timedelta,
        clock: Clock,
    ) -> None:
        """Read the key and make ready; nothing is sent.

        `write_spacing` is the least time between two writes of one installation. GitHub asks for
        a second (docs.github.com, "Best practices for using the REST API").

        Raises:
            PrivateKeyError: when the key cannot be read.
        """
        key = AppKey(app_id, private_key, clock)
        self.seal = TrackerSeal(key)
        self._pool = SharedPool(api_url, proxy=proxy)
        self._http = httpx.AsyncClient(transport=self._pool, timeout=TIMEOUT, trust_env=False)
        pacer = Pacer(clock, write_spacing)
        patience = Patience(pacer, clock)
        self.tokens = InstallationTokens(key, api_url, self._http, patience)
        self.clients = GitHubClients(
            key=key,
            tokens=self.tokens,
            api_url=api_url,
            pool=self._pool,
            pacer=pacer,
            patience=patience,
        )

    async def close(self) -> None:
        """Revoke the tokens that are kept and close every connection."""
        await self.tokens.revoke_all()
        await self._http.aclose()
        await self._pool.shut()
