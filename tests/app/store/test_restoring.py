"""A database put back from a backup, and what GitHub knows better by then."""

from dataclasses import replace

import pytest

from app.store.database import Database
from app.store.outbox import StoredOutbox
from app.store.restoring import Restoring
from app.store.runs import Runs
from phases.core.machine import RunState
from phases.core.model import Run
from phases.core.outward import Desired, OutwardItem, OutwardKind, Place, Posted
from tests.app.store.story import running
from tests.fakes.outside import ManualClock

ARTIFACT = Desired("artifact/1", OutwardKind.COMMENT, Place.ISSUE, "The plan.")
STANDING = Posted(ARTIFACT, 77, "https://github.test/77")
LATER = Posted(replace(ARTIFACT, key="artifact/2"), 78, "https://github.test/78")


@pytest.fixture
def restoring(database: Database, clock: ManualClock) -> Restoring:
    return Restoring(database, clock)


@pytest.fixture
async def run(database: Database, runs: Runs) -> Run:
    """A run that is to post an artifact; the backup was made before it was posted."""
    run = await running(database, runs)
    await runs.stop(run, RunState.WAITING, "for an hour", 3600.0, (ARTIFACT,))
    return run


async def items(outbox: StoredOutbox) -> dict[str, OutwardItem]:
    return {item.desired.key: item for item in await outbox.due(50)}


async def test_what_was_to_be_posted_at_the_time_of_the_backup_and_stands_by_now_is_not_sent(
    restoring: Restoring, outbox: StoredOutbox, run: Run
) -> None:
    before = await items(outbox)

    await restoring.reconcile(run, (STANDING, LATER))

    after = await items(outbox)
    assert ARTIFACT.key in before
    assert after.keys() == before.keys() - {ARTIFACT.key}


async def test_what_stands_with_an_older_text_is_edited_and_not_posted_again(
    restoring: Restoring, outbox: StoredOutbox, run: Run
) -> None:
    earlier = replace(STANDING, desired=replace(ARTIFACT, text="The first plan."))

    await restoring.reconcile(run, (earlier,))

    item = (await items(outbox))[ARTIFACT.key]
    assert (item.remote_id, item.desired.text) == (77, "The plan.")


async def test_what_the_database_knows_to_stand_stays_as_it_knows_it(
    restoring: Restoring, outbox: StoredOutbox, run: Run
) -> None:
    item = (await items(outbox))[ARTIFACT.key]
    await outbox.sent(item, 55, "https://github.test/55", "f" * 64, "b" * 64)

    await restoring.reconcile(run, (STANDING,))

    assert (await items(outbox))[ARTIFACT.key].remote_id == 55
