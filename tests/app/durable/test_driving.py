"""Runs that segments drive on the real DBOS: to their end, through waits and jumps of clocks."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from app.store.deliveries import Deliveries
from app.store.tables import RunRow
from phases.core.errors import Blocked, Later
from tests.app.durable.workers import LIMITS, RoomForAll, Short, until, until_ready, working
from tests.app.store.story import deliver
from tests.fakes.outside import JumpingClock
from tests.phases.play import standard_play
from tests.phases.world import world


async def test_a_stored_delivery_becomes_a_run_that_a_segment_drives_to_ready_once_there_is_room(
    tmp_path: Path,
) -> None:
    short = Short()
    async with world(tmp_path, standard_play()) as it, working(it, "one", short) as sent:
        # The world's own run stands for another one that is under way.
        await deliver(it.database, "label again", b"label again")

        async def told() -> bool:
            return "1 MB of disk are free" in sent.texts.get("tracker", "")

        await until(told)
        assert it.sessions.assignments == []
        short.room.set()
        await until_ready(it)

        page = f"https://phaseline.invalid/runs/{it.run.id}"

        async def shown() -> bool:
            text = sent.texts.get("tracker", "")
            return "ready for review" in text and page in text

        await until(shown)
        assert await Deliveries(it.database).waiting(9) == ()
        assert it.forge.flips == 1
        assert sent.sweep.asked == ["deliveries", "events"]


async def test_a_run_that_is_told_to_wait_leaves_its_slot_to_another_and_goes_on_when_told(
    tmp_path: Path,
) -> None:
    play = standard_play()
    told, asked = Later("HTTP 429", 900.0, asked=True), Blocked("Which of the two?")
    play["initialization/project-manager/1"] = [told, asked, asked]
    async with world(tmp_path, play) as it:
        await deliver(it.database, "label 4")
        one = replace(LIMITS, worker=1)
        async with working(it, "one", RoomForAll(), limits=one):

            async def both_began() -> bool:
                return len(it.sessions.assignments) == 2

            await until(both_began)
            wakes_at = await it.database.read(
                lambda connection: connection.scalar(
                    sa.select(RunRow.wakes_at).where(RunRow.id == it.run.id)
                )
            )
            assert wakes_at is not None
            # Nobody looks again before: five minutes are for waits that nobody has named.
            assert wakes_at - it.clock.moment > timedelta(seconds=400)
            it.clock.moment = wakes_at

            async def gone_on() -> bool:
                return len(it.sessions.assignments) == 3

            await until(gone_on)

    first, other, again = (given.run for given in it.sessions.assignments)
    assert first == again == it.run.id != other


async def test_a_whole_run_goes_on_while_clocks_are_set_two_hours_to_and_fro(
    tmp_path: Path,
) -> None:
    clock = JumpingClock(seed=5)
    async with (
        world(tmp_path, standard_play(), clock=clock) as it,
        working(it, "one", RoomForAll()),
    ):
        await until_ready(it)

        asked = [str(a.name) for a in it.sessions.assignments]
        assert len(asked) == len(set(asked))
        assert {name.rpartition("/")[2] for name in asked} == {"1"}
        assert it.forge.flips == 1
