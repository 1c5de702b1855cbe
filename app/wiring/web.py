"""The web side: the webhook's way into the store, health, and the pages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.clock import SystemClock
from app.github.inbox import Inbox
from app.settings import Settings
from app.store.delays import Delays
from app.store.deliveries import Deliveries
from app.web.application import web_application
from app.web.body import BodyLimits
from app.web.deliveries import Delivery
from app.web.health import Health, Probe
from app.web.pages import Pages
from app.web.signature import Signatures
from app.web.webhook import Webhook
from app.wiring.store import Store

PROBE_SECONDS = 2.0
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@asynccontextmanager
async def _nothing_to_open(_: FastAPI) -> AsyncIterator[None]:
    """What the application needs is opened before it, and closed after it."""
    yield


class StoredReceiver:
    """The webhook's way into the store, which rings for the worker."""

    def __init__(self, deliveries: Deliveries, ring: Callable[[], None]) -> None:
        self._deliveries = deliveries
        self._ring = ring

    async def receive(self, delivery: Delivery) -> bool:
        """Store a delivery; False when it is there already."""
        new = await self._deliveries.add(
            guid=delivery.guid,
            event=delivery.event,
            action=delivery.action,
            body_sha256=delivery.body_sha256,
            body=delivery.body,
            received_at=delivery.received_at,
        )
        self._ring()
        return new


class Delay:
    """One kind of thing that waits for others, as a probe tells it."""

    def __init__(self, name: str, told: Callable[[], Awaitable[str | None]]) -> None:
        self.name = name
        self._told = told

    async def problem(self) -> str | None:
        """Say what waits, or None."""
        return await self._told()


def delays_of(store: Store) -> tuple[Probe, ...]:
    """Return what tells of runs and messages that wait for something outside."""
    delays = Delays(store.database)
    return (Delay("runs", delays.runs), Delay("messages", delays.messages))


def web_of(
    settings: Settings,
    store: Store,
    probes: tuple[Probe, ...],
    ring: Callable[[], None],
) -> FastAPI:
    """Return the web side as an application."""
    webhook = Webhook(
        signatures=Signatures(settings.github_webhook_secret.get_secret_value()),
        app_id=settings.github_app_id,
        receiver=StoredReceiver(store.deliveries, ring),
        shapes=Inbox(label=settings.label, app_id=settings.github_app_id),
        clock=SystemClock(),
        limits=BodyLimits(),
    )
    return web_application(
        webhook=webhook,
        health=Health(probes, delays_of(store), most_seconds=PROBE_SECONDS),
        pages=Pages(store.records, notice=settings.notice),
        hosts=LOOPBACK_NAMES,
        lifespan=_nothing_to_open,
    )
