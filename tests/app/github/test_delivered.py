"""What the stand-in really delivers, taken by the real webhook and read by the real inbox."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.github.inbox import Inbox
from app.web.application import web_application
from app.web.body import BodyLimits
from app.web.deliveries import Delivery
from app.web.health import Health
from app.web.pages import Pages
from app.web.signature import Signatures
from app.web.webhook import PATH, Webhook
from phases.core.events import Aside, Edited, Ended, Event, Installed, Labelled, Reopened, Said
from phases.core.model import Variant
from tests.app.github.parts import APP_ID, SECRET, WallClock
from tests.app.github.standin import StandIn, stand_in
from tests.app.serving import served
from tests.app.web.parts import HOSTS, Runs, no_lifespan
from tests.forking import ForkServer


@dataclass
class Events:
    """Reads each delivery as a worker does, and passes on what it means."""

    inbox: Inbox
    read: asyncio.Queue[Event | Aside] = field(default_factory=asyncio.Queue)
    stored: list[Delivery] = field(default_factory=list)

    async def receive(self, delivery: Delivery) -> bool:
        self.stored.append(delivery)
        event = self.inbox.read(delivery.event, delivery.body)
        if event is not None:
            self.read.put_nowait(event)
        return True

    async def next(self) -> Event | Aside:
        return await asyncio.wait_for(self.read.get(), 15)


@pytest.fixture
async def events() -> Events:
    return Events(Inbox(label="phaseline", app_id=APP_ID))


@pytest.fixture
async def github(tmp_path: Path, events: Events, forks: ForkServer) -> AsyncIterator[StandIn]:
    webhook = Webhook(
        signatures=Signatures(SECRET),
        app_id=APP_ID,
        receiver=events,
        shapes=events.inbox,
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
        with stand_in(tmp_path, forks, base + PATH) as running:
            yield running


async def test_a_day_of_deliveries_is_read_as_it_was_meant(github: StandIn, events: Events) -> None:
    issue = await github.issue("Add due dates", "Every task needs one.")
    conversation = f"/issues/{issue}"

    labels = {"labels": ["bug", "phaseline:plan"]}
    await github.act("writer", "POST", f"{conversation}/labels", labels)
    installed = await events.next()
    label = await events.next()
    await github.act("reader", "POST", f"{conversation}/comments", {"body": "I agree."})
    said = {"body": "/phaseline retry\nplease"}
    await github.act("maintainer", "POST", f"{conversation}/comments", said)
    command = await events.next()
    await github.act("maintainer", "PATCH", conversation, {"state": "closed"})
    end = await events.next()
    await github.act("maintainer", "PATCH", conversation, {"state": "open"})
    again = await events.next()
    await github.act("reader", "PATCH", conversation, {"body": "Every task needs two."})
    edited = await events.next()

    assert installed == Installed(github.repository.installation)
    assert isinstance(label, Labelled)
    assert label.variant is Variant.PLAN
    assert (label.repository, label.actor) == (github.repository, github.person("writer"))
    assert (label.issue, label.title, label.body, label.author, label.actor_is_human) == (
        issue,
        "Add due dates",
        "Every task needs one.",
        "reader",
        True,
    )
    assert datetime.now(UTC) - label.at < timedelta(minutes=1)
    assert isinstance(command, Said)
    assert (command.command, command.actor, command.on_pull_request) == (
        "retry",
        github.person("maintainer"),
        False,
    )
    assert isinstance(end, Ended)
    assert end == Ended(github.repository, issue, False, False, github.person("maintainer"), end.at)
    assert again == Reopened(github.repository, issue, False, github.person("maintainer"))
    assert isinstance(edited, Edited)
    assert (edited.title, edited.body) == ("Add due dates", "Every task needs two.")
    assert events.read.empty()
    assert {"issues", "issue_comment"} <= {delivery.event for delivery in events.stored}


async def test_a_label_of_ours_that_is_taken_off_or_deleted_means_nothing(
    github: StandIn, events: Events
) -> None:
    off, deleted = [await github.issue() for _ in range(2)]
    for issue, label in ((off, "phaseline"), (deleted, "phaseline:full")):
        await github.act("writer", "POST", f"/issues/{issue}/labels", {"labels": [label]})
    read = [type(await events.next()) for _ in range(3)]

    await github.act("writer", "DELETE", f"/issues/{off}/labels/phaseline")
    await github.act("maintainer", "DELETE", "/labels/phaseline:full")
    await github.act("maintainer", "PATCH", f"/issues/{off}", {"state": "closed"})
    end = await events.next()

    assert read == [Installed, Labelled, Labelled]
    # Deliveries come in their order: what came before the end had no meaning.
    assert isinstance(end, Ended)
    assert ("issues", "unlabeled") in {(each.event, each.action) for each in events.stored}
    assert events.read.empty()
