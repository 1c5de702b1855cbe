"""An agent that does not deliver: its second attempt, and what the first one leaves to it."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from phases.core.machine import RunState
from phases.core.model import StepOutcome
from phases.core.session import SessionEnd
from phases.core.taking_up import left_to
from phases.core.work import WorkName
from tests.fakes.worktree import sha
from tests.phases.play import standard_play
from tests.phases.runs import drive, driven


@pytest.mark.parametrize("outcome", [StepOutcome.NO_OUTPUT, StepOutcome.REFUSED])
async def test_an_agent_that_does_not_deliver_is_tried_once_more_a_tier_up(
    tmp_path: Path, outcome: StepOutcome
) -> None:
    play = standard_play()
    play["planning/architect/1"] = [outcome, *play["planning/architect/1"]]

    async with driven(tmp_path, play) as (it, stop):
        tiers = [a.tier for a in it.sessions.assignments if a.agent.name == "architect"]

        assert stop.state is RunState.READY
        assert tiers == ["sonnet", "opus"]
        assert (await it.work("planning/architect/1")).attempt == 2


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (StepOutcome.NO_OUTPUT, True),
        (StepOutcome.TIMED_OUT, True),
        (StepOutcome.INFRA_ERROR, False),
    ],
)
async def test_what_an_attempt_had_changed_when_a_limit_ended_it_is_where_the_next_begins(
    tmp_path: Path, outcome: StepOutcome, *, kept: bool
) -> None:
    name = "implementation/backend-developer/1"
    play = standard_play()
    failed = SessionEnd(outcome, "round in circles", None, 3, Decimal(1), snapshot="back/left.py")
    play[name] = [failed, *play[name]]

    async with driven(tmp_path, play) as (it, stop):
        work = await it.work(name)
        asked = [a.prompt.own[-1] for a in it.sessions.assignments if str(a.name) == name]

        assert stop.state is RunState.READY
        assert work.commit is not None
        assert ("back/left.py" in work.commit.files) is kept
        assert ["holds what that attempt has changed" in text for text in asked] == [False, kept]


async def test_files_that_an_attempt_left_are_not_put_over_what_people_have_pushed_since(
    tmp_path: Path,
) -> None:
    name = "implementation/backend-developer/1"
    failed = SessionEnd(StepOutcome.NO_OUTPUT, "no", None, 3, Decimal(1), snapshot="back/left.py")

    async with driven(tmp_path, standard_play() | {name: [failed, failed]}) as (it, stop):
        record = await it.record()
        moved = replace(record, run=replace(record.run, head=sha("theirs")))

        assert stop.state is RunState.BLOCKED
        assert left_to(record, WorkName.parse(name)) == "back/left.py"
        assert left_to(moved, WorkName.parse(name)) is None


async def test_a_planner_that_fails_twice_blocks_the_run_and_the_others_are_kept(
    tmp_path: Path,
) -> None:
    play = standard_play()
    good = play["planning/architect/1"]
    play["planning/architect/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.TIMED_OUT]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.BLOCKED
        assert "architect did not deliver system-plan.md" in stop.reason
        assert (await it.work("planning/test-writer/1")).accepted
        assert (await it.work("planning/baseline/1")).accepted

        it.sessions.play["planning/architect/1"] = list(good)
        await it.retry()
        asked_before = len(it.sessions.assignments)
        again = await drive(it)

        assert again.state is RunState.READY
        assert it.sessions.assignments[asked_before].agent.name == "architect"
