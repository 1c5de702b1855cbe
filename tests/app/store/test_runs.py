from datetime import timedelta
from decimal import Decimal

import pytest

from app.store.database import Database
from app.store.deliveries import Deliveries
from app.store.history import History, UnknownRunError
from app.store.moving import MOST_COMMENTS, TOLD_ALL
from app.store.outbox import StoredOutbox
from app.store.records import StoredRecords
from app.store.runs import Due, Runs
from app.store.steered import MOST_REPLIES
from phases.core.command import Commanded, Word
from phases.core.errors import StaleSegmentError
from phases.core.machine import RunState
from phases.core.outward import Desired, OutwardKind, Place
from tests.app.store.story import LABELLED, deliver, running
from tests.fakes.outside import ManualClock


async def test_a_delivery_is_stored_once_by_its_guid_and_by_its_body(database: Database) -> None:
    first = await deliver(database, "one", b"same body")
    again = await deliver(database, "one", b"another body")
    replayed = await deliver(database, "two", b"same body")

    assert (first, again, replayed) == (True, False, False)
    assert len(await Deliveries(database).waiting(10)) == 1


async def test_starting_a_run_deals_with_its_delivery_in_the_same_transaction(
    database: Database, runs: Runs
) -> None:
    await deliver(database, "one")
    (delivery,) = await Deliveries(database).waiting(10)

    run = await runs.start(delivery.id, LABELLED, 1)

    assert await Deliveries(database).waiting(10) == ()
    assert await runs.due() == (Due(run.id, 1, 11, resumed=False),)
    found = await runs.of_issue(11, 3)
    assert found == run


async def test_a_label_that_came_twice_starts_one_run_and_is_dealt_with_twice(
    database: Database, runs: Runs
) -> None:
    await deliver(database, "one")
    await deliver(database, "two")
    one, two = await Deliveries(database).waiting(10)

    first = await runs.start(one.id, LABELLED, 1)
    swept = await runs.start(None, LABELLED, 1)
    again = await runs.start(two.id, LABELLED, 1)

    assert first == swept == again
    assert await Deliveries(database).waiting(10) == ()
    assert len(await runs.due()) == 1


async def test_a_segment_is_taken_again_after_a_crash_but_not_after_the_run_moved_on(
    database: Database, runs: Runs
) -> None:
    run = await running(database, runs)

    again = await runs.take(run.id, 1)
    await runs.renew(run.id, 1)

    assert again.state is RunState.RUNNING
    with pytest.raises(StaleSegmentError):
        await runs.take(run.id, 1)


async def test_a_waiting_run_goes_on_with_a_fresh_segment_when_its_time_has_come(
    database: Database, runs: Runs, clock: ManualClock
) -> None:
    run = await running(database, runs)
    await runs.stop(run, RunState.WAITING, "no answer", 60.0, ())

    before = await runs.due()
    await clock.sleep(61)
    after = await runs.due()

    assert before == ()
    assert after == (Due(run.id, 2, 11, resumed=True),)


async def test_a_cancelled_run_refuses_the_stop_of_its_old_segment(
    database: Database, runs: Runs
) -> None:
    run = await running(database, runs)
    await deliver(database, "cancel")
    (delivery,) = await Deliveries(database).waiting(10)
    eyes = Desired("reaction/1/eyes", OutwardKind.REACTION, Place.ISSUE, "eyes", 1)

    await runs.move(delivery.id, run, RunState.CANCELLED, "maintainer asked for it", (eyes,))

    with pytest.raises(StaleSegmentError):
        await runs.stop(run, RunState.READY, "", None, ())
    found = await runs.find(run.id)
    assert found is not None
    assert (found.state, found.reason) == (RunState.CANCELLED, "maintainer asked for it.")
    assert await runs.due() == ()


async def test_a_move_that_the_machine_does_not_know_changes_nothing_but_deals_with_the_delivery(
    database: Database, runs: Runs
) -> None:
    run = await running(database, runs)
    await runs.stop(run, RunState.READY, "", None, ())
    await deliver(database, "cancel")
    (delivery,) = await Deliveries(database).waiting(10)

    await runs.move(delivery.id, run, RunState.CANCELLED, "too late", ())

    found = await runs.find(run.id)
    assert found is not None
    assert found.state is RunState.READY
    assert await Deliveries(database).waiting(10) == ()


def budget(usd: str) -> Commanded:
    return Commanded(Word.BUDGET, usd, LABELLED.actor, LABELLED.at)


@pytest.mark.parametrize("state", [RunState.BLOCKED, RunState.WAITING, RunState.FAILED])
async def test_a_run_that_stands_still_goes_on_with_a_higher_limit(
    database: Database, runs: Runs, state: RunState
) -> None:
    run = await running(database, runs)
    await runs.stop(run, state, "no money", None, ())

    await runs.raise_limit(None, run, Decimal(30), "asked for", (), budget("30.00"))

    found = await runs.find(run.id)
    assert found is not None
    assert (found.limit_usd, found.state, found.segment) == (Decimal(30), RunState.RUNNING, 2)


async def test_a_running_run_has_its_limit_raised_where_it_is_and_never_lowered(
    database: Database, runs: Runs, records: StoredRecords
) -> None:
    run = await running(database, runs)

    await runs.raise_limit(None, run, Decimal(30), "asked for", (), budget("30.00"))
    await runs.raise_limit(None, run, Decimal(20), "asked for", (), budget("20.00"))

    found = await runs.find(run.id)
    assert found is not None
    assert (found.limit_usd, found.segment) == (Decimal(30), 1)
    ordered = (await records.record(run.id)).ordered(Word.BUDGET)
    assert [(order.argument, order.by) for order in ordered] == [("30.00", LABELLED.actor)]


async def test_whatever_answers_each_reply_with_a_command_gets_reactions_alone_in_the_end(
    database: Database, runs: Runs, clock: ManualClock
) -> None:
    """Attack 21."""
    outbox = StoredOutbox(database, clock)

    async def answered(comment: int) -> list[OutwardKind]:
        reply = Desired(f"reply/{comment}", OutwardKind.COMMENT, Place.ISSUE, "Here it stands.")
        eyes = Desired(f"eyes/{comment}", OutwardKind.REACTION, Place.ISSUE, "eyes", comment)
        await runs.answer(None, LABELLED.repository, 3, (reply, eyes), "asked")
        due = await outbox.due(9)
        for item in due:
            await outbox.sent(item, comment, "", item.desired.text_sha256, None)
        return [item.desired.kind for item in due]

    first = [await answered(comment) for comment in range(MOST_REPLIES)]
    then = await answered(MOST_REPLIES)
    clock.moment += timedelta(days=1)
    next_day = await answered(MOST_REPLIES + 1)

    assert first == [[OutwardKind.COMMENT, OutwardKind.REACTION]] * MOST_REPLIES
    assert then == [OutwardKind.REACTION]
    assert next_day == first[0]


async def test_a_run_gets_sixty_comments_and_then_its_tracker_alone(
    database: Database, runs: Runs, records: StoredRecords, clock: ManualClock
) -> None:
    """Attack 21."""
    outbox = StoredOutbox(database, clock)
    run = await running(database, runs)
    await outbox.show(run.id, 1, "First.")

    def told(number: int, text: str = "Done.") -> Desired:
        return Desired(f"artifact/{number}", OutwardKind.COMMENT, Place.ISSUE, text)

    for number in range(MOST_COMMENTS + 5):
        await records.adopt(run, f"{number:040x}", "People pushed.", (told(number),))
    await records.adopt(run, "f" * 40, "People pushed.", (told(3, "Done anew."),))
    await outbox.show(run.id, 2, "Then.")

    due = {item.desired.key: item.desired for item in await outbox.due(99)}
    comments = {key for key, it in due.items() if it.kind is OutwardKind.COMMENT}
    assert comments == {"tracker"} | {told(n).key for n in range(MOST_COMMENTS - 1)}
    assert (due["tracker"].text, due["artifact/3"].text) == ("Then.", "Done anew.")
    notes = [it.text for it in (await records.record(run.id)).notes]
    assert notes.count(TOLD_ALL) == 1


@pytest.mark.parametrize("wildcard", ["%", "_", "' or '1'='1", "\\"])
async def test_what_would_match_anything_is_the_beginning_of_no_run(
    database: Database, runs: Runs, wildcard: str
) -> None:
    """Attack 73."""
    await running(database, runs)

    with pytest.raises(UnknownRunError, match="No run's id begins"):
        await History(database).identify(wildcard)


async def test_the_time_line_tells_what_people_and_operators_ordered(
    database: Database, runs: Runs, clock: ManualClock
) -> None:
    run = await running(database, runs)
    skip = Commanded(Word.SKIP, "architect", LABELLED.actor, clock.now())
    await runs.heed(None, run, "asked for", (), skip)
    await runs.order(run, RunState.CANCELLED, "asked for", "The operator ordered: cancel.")

    found = await History(database).happenings(run.id)

    told = {(one.kind, one.name, one.text) for one in found}
    assert ("order", "skip", "architect (by maintainer)") in told
    assert ("note", "run", "The operator ordered: cancel.") in told
