"""Small collaborators of the web room: a receiver in memory, a clock that stands still."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from app.web.application import web_application
from app.web.body import BodyLimits
from app.web.deliveries import Delivery, Receiver
from app.web.health import Health, Probe
from app.web.pages import Pages
from app.web.signature import Signatures
from app.web.webhook import Webhook
from phases.core.errors import TransientError
from phases.core.record import Record

SECRET = "a webhook secret of 32 bytes or more"
APP_ID = 4242
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
NOTICE = "The model is <scripted>."
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


class StillClock:
    """It is always the same moment."""

    def now(self) -> datetime:
        return datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here waits, and not for {seconds} s")


class MemoryReceiver:
    """Keeps deliveries as the store does: one per GUID and one per body."""

    def __init__(self) -> None:
        self.kept: list[Delivery] = []
        self.broken = False

    async def receive(self, delivery: Delivery) -> bool:
        if self.broken:
            raise TransientError("the database is locked")
        known = {d.guid for d in self.kept} | {d.body_sha256 for d in self.kept}
        if known & {delivery.guid, delivery.body_sha256}:
            return False
        self.kept.append(delivery)
        return True


class IssueShapes:
    """An `issues` payload has an issue."""

    def mismatch(self, event: str, payload: Mapping[str, Any]) -> str | None:
        return "issue is missing" if event == "issues" and "issue" not in payload else None


class Runs:
    """The records that a test put there."""

    def __init__(self, *records: Record) -> None:
        self._records = records

    async def latest(self, limit: int) -> tuple[Record, ...]:
        return self._records[:limit]

    async def find(self, run: str) -> Record | None:
        return next((record for record in self._records if record.run.id == run), None)


@asynccontextmanager
async def no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


def application(
    receiver: Receiver,
    *,
    runs: Runs | None = None,
    probes: tuple[Probe, ...] = (),
    delays: tuple[Probe, ...] = (),
    limits: BodyLimits | None = None,
    hosts: frozenset[str] = HOSTS,
) -> FastAPI:
    return web_application(
        webhook=Webhook(
            signatures=Signatures(SECRET),
            app_id=APP_ID,
            receiver=receiver,
            shapes=IssueShapes(),
            clock=StillClock(),
            limits=limits or BodyLimits(),
        ),
        health=Health(probes, delays, most_seconds=5),
        pages=Pages(runs or Runs(), notice=NOTICE),
        hosts=hosts,
        lifespan=no_lifespan,
    )


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(body: bytes, **changes: str | None) -> dict[str, str]:
    """The headers that GitHub sends; a change to None leaves one out."""
    found: dict[str, str | None] = {
        "content-type": "application/json",
        "x-github-event": "issues",
        "x-github-delivery": GUID,
        "x-github-hook-installation-target-type": "integration",
        "x-github-hook-installation-target-id": str(APP_ID),
        "x-hub-signature-256": sign(body),
    }
    found |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in found.items() if value is not None}
