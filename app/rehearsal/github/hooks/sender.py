"""Send queued deliveries.

Once each, ten seconds to answer, and no second try by itself (as GitHub does).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from sqlalchemy import select

from app.rehearsal.github.store.base import moment
from app.rehearsal.github.store.hooks import Delivery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.rehearsal.github.site import Site
    from app.rehearsal.github.store.database import Database

# docs.github.com/webhooks: "Your server should respond with a 2XX response within 10 seconds".
TIMEOUT_SECONDS = 10.0
AT_ONCE = 8
# What is kept of a response in the delivery log, in characters.
KEPT_RESPONSE = 64_000


@dataclass(frozen=True)
class _Outgoing:
    delivery_id: int
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class _Answer:
    code: int
    status: str
    headers: dict[str, str]
    body: str
    duration: float


class Sender:
    """The background task that empties the queue of deliveries.

    `wake` it after a transaction that may have queued some.
    """

    def __init__(self, database: Database, site: Site) -> None:
        self._database = database
        self._site = site
        self._wake = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Look into the queue now."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; what a crash left unsent goes out first."""
        async with httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False
        ) as client:
            self._wake.set()
            try:
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    await self._start(client)
            finally:
                await self._abandon()

    async def _start(self, client: httpx.AsyncClient) -> None:
        room = AT_ONCE - len(self._under_way)
        if room <= 0:
            return
        known = set(self._under_way)
        for outgoing in await self._database.transact(
            lambda session: _queued(session, self._site, known, room)
        ):
            task = asyncio.create_task(self._deliver(client, outgoing))
            self._under_way[outgoing.delivery_id] = task
            task.add_done_callback(functools.partial(self._finished, outgoing.delivery_id))

    def _finished(self, delivery_id: int, _task: asyncio.Task[None]) -> None:
        self._under_way.pop(delivery_id, None)
        self._wake.set()

    async def _deliver(self, client: httpx.AsyncClient, outgoing: _Outgoing) -> None:
        answer = await _post(client, outgoing)
        await self._database.transact(
            lambda session: _record(session, outgoing, answer, moment(self._site.clock()))
        )

    async def _abandon(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


def _queued(session: Session, site: Site, known: set[int], room: int) -> list[_Outgoing]:
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.sent_at.is_(None), Delivery.id.not_in(known))
        .order_by(Delivery.id)
        .limit(room)
    ).all()
    return [_outgoing(row, site) for row in rows]


def _outgoing(row: Delivery, site: Site) -> _Outgoing:
    body = row.payload.encode()
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": f"GitHub-Hookshot/{row.guid[:7]}",
        "X-GitHub-Delivery": row.guid,
        "X-GitHub-Event": row.event,
        "X-GitHub-Enterprise-Host": site.url.partition("://")[2],
        "X-GitHub-Hook-ID": str(row.app.id),
        "X-GitHub-Hook-Installation-Target-ID": str(row.app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
    }
    if row.app.webhook_secret:
        key = row.app.webhook_secret.encode()
        headers["X-Hub-Signature"] = "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest()
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    return _Outgoing(row.id, row.app.webhook_url or "", headers, body)


async def _post(client: httpx.AsyncClient, outgoing: _Outgoing) -> _Answer:
    started = time.monotonic()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            response = await client.post(
                outgoing.url, content=outgoing.body, headers=outgoing.headers
            )
    except (httpx.TimeoutException, TimeoutError):
        return _Answer(0, "timed out", {}, "", time.monotonic() - started)
    except (httpx.HTTPError, httpx.InvalidURL):
        return _Answer(0, "failed to connect to host", {}, "", time.monotonic() - started)
    spent = time.monotonic() - started
    status = "OK" if response.is_success else f"Invalid HTTP Response: {response.status_code}"
    return _Answer(
        response.status_code, status, dict(response.headers), response.text[:KEPT_RESPONSE], spent
    )


def _record(session: Session, outgoing: _Outgoing, answer: _Answer, now: str) -> None:
    row = session.get_one(Delivery, outgoing.delivery_id)
    row.sent_at = now
    row.duration = answer.duration
    row.status = answer.status
    row.status_code = answer.code
    row.url = outgoing.url
    row.request_headers = dict(outgoing.headers)
    row.response_headers = dict(answer.headers)
    row.response_body = answer.body
