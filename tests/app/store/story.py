"""What happens before a test of the store begins: a delivery arrives, a run starts."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from app.store.database import Database
from app.store.deliveries import Deliveries
from app.store.runs import Runs
from phases.core.events import Labelled
from phases.core.model import Person, Repository, Run, Variant

REPOSITORY = Repository(11, "acme", "widgets", 5, "main")
LABELLED = Labelled(
    repository=REPOSITORY,
    issue=3,
    actor=Person(101, "maintainer"),
    actor_is_human=True,
    title="Add a search box",
    body="People cannot find things.",
    author="reader",
    at=datetime(2026, 3, 2, 8, 59, tzinfo=UTC),
)


async def deliver(database: Database, guid: str, body: bytes = b"") -> bool:
    """Store a delivery; its body differs with its GUID unless one is given."""
    body = body or guid.encode()
    return await Deliveries(database).add(
        guid=guid,
        event="issues",
        action="labeled",
        body_sha256=sha256(body).hexdigest(),
        body=body,
        received_at=LABELLED.at,
    )


async def running(database: Database, runs: Runs, variant: Variant = Variant.STANDARD) -> Run:
    """Start a run from a delivery and let its first segment begin."""
    await deliver(database, "first")
    (delivery,) = await Deliveries(database).waiting(1)
    run = await runs.start(delivery.id, replace(LABELLED, variant=variant), 1)
    return await runs.take(run.id, 1)
