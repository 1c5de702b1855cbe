"""A connection to a GitHub at a test address, and a clock that only moves when told to wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.github.connection import GitHubConnection
from phases.core.machine import RunState
from phases.core.model import Base, Person, Places, PullRequest, Repository, Request, Run
from phases.core.ports import Clock

API = "http://github.test/api/v3"
APP_ID = 4242
SECRET = "a webhook secret of 32 bytes or more"
START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
REPOSITORY = Repository(501, "acme", "shop", 7, "main")
BASE = "b" * 40


class MovingClock:
    """Waiting moves it, and is remembered; nothing else does."""

    def __init__(self) -> None:
        self.moment = START
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.moment += timedelta(seconds=seconds)


class WallClock:
    """The real time of day; nobody waits long in a test."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


@cache
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ).decode()


@asynccontextmanager
async def connected(
    clock: Clock, api_url: str = API, spacing: timedelta = timedelta(0)
) -> AsyncIterator[GitHubConnection]:
    connection = GitHubConnection(
        app_id=APP_ID,
        private_key=private_key(),
        api_url=api_url,
        proxy=None,
        write_spacing=spacing,
        clock=clock,
    )
    yield connection
    await connection.close()


def minted(named: str = "ghs_4242_one") -> dict[str, Any]:
    moment = START + timedelta(hours=1)
    return {"token": named, "expires_at": moment.isoformat().replace("+00:00", "Z")}


def a_run(**changes: Any) -> Run:
    run = Run(
        id="r1",
        repository=REPOSITORY,
        issue=3,
        number=1,
        labeller=Person(11, "maintainer"),
        state=RunState.RUNNING,
        segment=1,
        created_at=START,
        limit_usd=Decimal(15),
        request=Request("Add due dates!", "Every task needs a date.", "reader", (), START),
        base=Base(BASE, "main", Places()),
        pull_request=PullRequest(8, "PR_8", "http://github.test/acme/shop/pull/8", draft=True),
    )
    return replace(run, **changes)
