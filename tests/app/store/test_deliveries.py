"""Which deliveries are on record, and which should be."""

from datetime import timedelta

from app.store.database import Database
from app.store.deliveries import Deliveries
from tests.app.store.story import LABELLED, deliver


async def test_what_was_sent_since_the_first_delivery_and_is_not_on_record_is_lost(
    database: Database,
) -> None:
    deliveries, began = Deliveries(database), LABELLED.at
    await deliver(database, "first")
    sent = {"before": -1, "FIRST": 0, "after": 1}

    lost = await deliveries.lost({guid: began + timedelta(hours=n) for guid, n in sent.items()})

    assert lost == {"after"}


async def test_a_database_that_has_seen_no_delivery_has_lost_none(database: Database) -> None:
    assert await Deliveries(database).lost({"any": LABELLED.at}) == frozenset()
