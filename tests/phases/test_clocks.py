"""Clocks that are set, or differ between workers: what began before what is not read off them."""

from pathlib import Path

import pytest

from phases.core.machine import RunState
from phases.core.model import Variant
from phases.core.work import PhaseName, WorkName
from tests.fakes.outside import JumpingClock
from tests.phases.play import standard_play
from tests.phases.runs import drive, returned_once
from tests.phases.scene import Scene, wished
from tests.phases.test_told_again import PLANNER, InterruptedSessions
from tests.phases.world import World, world

SHOWN = 10
REVIEW = WorkName(PhaseName.PLANNING, "product-manager", 1)
EARLY = (PhaseName.INITIALIZATION, PhaseName.PLANNING)


@pytest.fixture(params=[1, 2, 3])
def clock(request: pytest.FixtureRequest) -> JumpingClock:
    return JumpingClock(request.param)


async def test_plans_are_reviewed_once_each_and_a_revision_once_more(
    tmp_path: Path, clock: JumpingClock
) -> None:
    play = standard_play()
    play |= returned_once(play)

    async with world(tmp_path, play, clock=clock) as it:
        stop = await drive(it)

        assert stop.state is RunState.READY
        assert (await it.names(PhaseName.PLANNING))[-3:] == [
            "product-manager/1",
            "architect/2",
            "product-manager/2",
        ]


async def test_who_begins_is_told_of_what_was_finished_before_and_goes_on_with_the_same(
    tmp_path: Path, clock: JumpingClock
) -> None:
    async with world(tmp_path, standard_play(), clock=clock) as it:
        it.sessions = InterruptedSessions(standard_play(), attempt=1)
        await drive(it)
        await it.retry()
        await drive(it)

        record = await it.record()
        told = [str(work.name) for work in record.as_begun(REVIEW).works]
        assert told == [str(work.name) for work in record.works if work.name.phase in EARLY][:-1]
        before, after = (
            a.prompt for a in it.sessions.assignments if (str(a.name), a.attempt) == (PLANNER, 1)
        )
        assert before == after


async def test_what_a_person_asks_for_is_answered_once_and_a_named_approval_holds(
    tmp_path: Path, clock: JumpingClock
) -> None:
    play = wished(standard_play(), "test-writer")
    async with world(tmp_path, play, variant=Variant.PLAN, clock=clock) as it:
        people = Scene(it)
        await drive(it)
        await people.say("revise", "Use one table.")
        revised = await drive(it)
        await people.say("approve", revised.approval_of[:SHOWN])

        stop = await drive(it)

        assert stop.state is RunState.READY
        assert len(_asked(it)) == len(set(_asked(it)))
        assert {"planning/architect/2", "planning/product-manager/2"} <= set(_asked(it))
        assert not [name for name in _asked(it) if name.endswith("/3")]


def _asked(it: World) -> list[str]:
    return [str(a.name) for a in it.sessions.assignments]
