"""What lets a run wait, blocks it or fails it, and how it goes on from there."""

import errno
from pathlib import Path

import pytest

from phases.core.errors import Blocked, Later
from phases.core.machine import RunState
from phases.core.submission import Outcome
from phases.core.work import PhaseName, WorkName
from phases.engine import Stop
from tests.phases.play import revised, standard_play
from tests.phases.runs import drive, driven
from tests.phases.world import world


async def test_an_agent_that_asks_a_person_blocks_the_run_with_its_question(tmp_path: Path) -> None:
    play = standard_play()
    spec = play["initialization/project-manager/1"][0]
    question = revised(
        spec, outcome=Outcome.BLOCKED, summary="Two readings.", questions=("Which of the two?",)
    )
    play["initialization/project-manager/1"] = [question]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.BLOCKED
        assert "Which of the two?" in stop.reason
        tracker = await it.tracker()
        assert "Which of the two?" in tracker
        assert "/phaseline retry" in tracker


async def test_a_push_that_a_rule_refuses_blocks_the_run_and_quotes_the_rule(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.push_refusal = "GH013: Repository rule violations found"

        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert "GH013" in stop.reason


async def test_the_flip_waits_until_everything_said_stands_on_github(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        stop = await it.drive()

        assert stop.state is RunState.WAITING
        assert stop.after_seconds is not None
        assert it.forge.flips == 0


async def test_a_run_that_is_driven_again_asks_nobody_twice(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        await it.drive()
        asked = len(it.sessions.assignments)
        await it.retry()

        stop = await drive(it)

        assert stop.state is RunState.READY
        assert len(it.sessions.assignments) == asked


async def test_a_session_that_a_limit_stops_blocks_the_run_and_is_not_tried_a_tier_up(
    tmp_path: Path,
) -> None:
    play = standard_play()
    limit = Blocked("The run has used up its limit of 15.00 USD.")
    play["planning/architect/1"] = [limit, *play["planning/architect/1"]]

    async with driven(tmp_path, play) as (it, stop):
        sessions = [a.session for a in it.sessions.assignments if a.agent.name == "architect"]
        assert stop == Stop(RunState.BLOCKED, limit.message)
        assert len(sessions) == 1
        stopped = (await it.record()).find(WorkName(PhaseName.PLANNING, "architect", 1))
        assert stopped is not None
        assert stopped.running

        await it.retry()
        again = await drive(it)

        assert again.state is RunState.READY
        asked = [a.session for a in it.sessions.assignments if a.agent.name == "architect"]
        assert asked == sessions * 2


async def test_a_session_that_waits_lets_the_run_wait_as_long(tmp_path: Path) -> None:
    play = standard_play()
    later = Later("The model API failed: HTTP 529.", 300.0)
    play["planning/architect/1"] = [later, *play["planning/architect/1"]]

    async with driven(tmp_path, play) as (it, stop):
        assert stop == Stop(RunState.WAITING, later.reason, 300.0)
        assert later.reason in await it.tracker()


@pytest.mark.parametrize(("seconds", "comments"), [(300.0, 0), (7200.0, 1)])
async def test_only_a_long_wait_is_told_in_a_comment_and_an_outage_of_many_short_ones_in_none(
    tmp_path: Path, seconds: float, comments: int
) -> None:
    play = standard_play()
    later = Later("The model API failed: HTTP 529.", seconds)
    play["planning/architect/1"] = [later, *play["planning/architect/1"]]

    async with driven(tmp_path, play) as (it, _):
        said = [key for key in await it.wanted() if key.startswith("stop/")]

    assert len(said) == comments


async def test_a_full_disk_lets_the_run_wait_and_any_other_trouble_of_the_system_fails_it(
    tmp_path: Path,
) -> None:
    stops = []
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        place = tmp_path / str(number)
        place.mkdir()
        async with world(place, standard_play()) as it:
            it.workspaces.trouble = OSError(number, "no")
            stops.append(await it.drive())

    assert [stop.state for stop in stops] == [RunState.WAITING, RunState.WAITING, RunState.FAILED]
    assert "disk of the worker is full" in stops[0].reason
