"""Payloads read by the inbox, and where and when what they tell has happened."""

import json
from datetime import UTC, datetime
from typing import Any

from app.github.inbox import Inbox
from phases.core.events import Aside, Event
from phases.core.model import Repository
from tests.app.github.deliveries import APP_ID, LABEL

REPOSITORY = Repository(501, "acme", "shop", 7, "main")
WHEN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def read(event: str, payload: dict[str, Any]) -> Event | Aside | None:
    inbox = Inbox(label=LABEL, app_id=APP_ID)
    return inbox.read(event, json.dumps(payload).encode())
