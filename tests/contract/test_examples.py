"""Octokit's example payloads, through the real webhook into the real database and read again."""

import hashlib
import hmac
import json
import lzma
import uuid
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.cli.demo.loopback import no_certificates
from app.github.inbox import _OBJECTS, _READ, _REMOVALS, Inbox
from app.store.database import Database
from app.store.deliveries import Deliveries
from app.web.application import web_application
from app.web.body import BodyLimits
from app.web.deliveries import Delivery
from app.web.health import Health
from app.web.pages import Pages
from app.web.signature import Signatures
from app.web.webhook import PATH, Webhook
from tests.app.github.parts import APP_ID, SECRET, WallClock
from tests.app.serving import served
from tests.app.web.parts import HOSTS, Runs, no_lifespan
from tests.contract.rest import DATA
from tests.databases import migrated

OURS = set(_OBJECTS)
READ = set(_READ) | set(_REMOVALS.items())
# Of these there is no example, or only such as say nothing to us.
SILENT = {
    ("issues", "closed"),
    *(("issue_comment", action) for action in ("created", "edited", "deleted")),
}


@cache
def examples() -> list[tuple[str, dict[str, Any]]]:
    text = lzma.decompress((DATA / "examples.json.xz").read_bytes())
    return [(event, payload) for event, payload in json.loads(text)]


class Stored:
    """Stores deliveries as the service does."""

    def __init__(self, database: Database) -> None:
        self._deliveries = Deliveries(database)

    async def receive(self, delivery: Delivery) -> bool:
        return await self._deliveries.add(**vars(delivery))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = migrated(tmp_path / "phaseline.db")
    async with Database(url) as opened:
        yield opened


@pytest.fixture
async def service(database: Database) -> AsyncIterator[str]:
    webhook = Webhook(
        signatures=Signatures(SECRET),
        app_id=APP_ID,
        receiver=Stored(database),
        shapes=Inbox(label="bug", app_id=APP_ID),
        clock=WallClock(),
        limits=BodyLimits(),
    )
    application = web_application(
        webhook=webhook,
        health=Health((), (), most_seconds=1),
        pages=Pages(Runs(), notice=""),
        hosts=HOSTS,
        lifespan=no_lifespan,
    )
    async with served(application) as base:
        yield base + PATH


def signed(event: str, body: bytes) -> dict[str, str]:
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {
        "x-github-event": event,
        "x-github-delivery": str(uuid.uuid4()),
        "x-hub-signature-256": f"sha256={mac}",
        "content-type": "application/json",
    }


async def test_every_example_is_answered_202_and_only_ours_mean_something(
    service: str, database: Database
) -> None:
    inbox = Inbox(label="bug", app_id=APP_ID)
    bodies = [(event, json.dumps(payload).encode()) for event, payload in examples()]

    async with httpx.AsyncClient(trust_env=False, verify=no_certificates()) as github:
        answers = [
            (await github.post(service, content=body, headers=signed(event, body))).status_code
            for event, body in bodies
        ]
    waiting = await Deliveries(database).waiting(1000)
    meant = [(each.event, inbox.read(each.event, each.body)) for each in waiting]

    assert len(answers) == 329
    assert set(answers) == {202}
    assert len(waiting) == len(set(bodies))
    assert {event for event, meaning in meant if meaning is not None} <= OURS


def test_every_example_of_what_we_read_is_read_whole() -> None:
    inbox = Inbox(label="bug", app_id=APP_ID)
    ours = [(e, p) for e, p in examples() if (e, p.get("action")) in READ]

    # Most were recorded at webhooks of repositories; ours come to an App, and name it.
    bodies = [(e, json.dumps({"installation": {"id": 7}} | p).encode()) for e, p in ours]
    told = [inbox.read(*each) or inbox.removal(*each) for each in bodies]

    meant = {
        (event, payload.get("action"))
        for (event, payload), meaning in zip(ours, told, strict=True)
        if meaning is not None
    }
    assert len(ours) > 15
    assert meant == READ - SILENT


def test_an_example_of_a_comment_is_a_command_when_it_says_so() -> None:
    inbox = Inbox(label="bug", app_id=APP_ID)
    comments = [p for e, p in examples() if (e, p.get("action")) == ("issue_comment", "created")]

    for payload in comments:
        said = payload | {"installation": {"id": 7}}
        said["comment"] = payload["comment"] | {"body": "/phaseline retry"}
        assert inbox.read("issue_comment", json.dumps(said).encode()) is not None
