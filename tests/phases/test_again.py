"""A person has finished work done again: it and what hangs on it, under names of their own."""

from pathlib import Path
from typing import Any

import pytest

from phases.core.machine import RunState
from phases.core.model import StepOutcome, Variant
from phases.core.submission import Outcome
from phases.core.work import PhaseName
from phases.planning import plans_hash
from tests.phases.play import revised, standard_play
from tests.phases.runs import drive
from tests.phases.scene import scene

PLAY = dict[str, list[Any]]


def again(play: PLAY, *steps: str) -> PLAY:
    """Return a play in which these steps have a second round like their first."""
    return play | {step[:-1] + "2": list(play[step]) for step in steps}


def of(play: PLAY, *phases: PhaseName) -> tuple[str, ...]:
    return tuple(step for step in play if step.partition("/")[0] in phases and step.endswith("/1"))


BEHIND = (PhaseName.IMPLEMENTATION, PhaseName.QA, PhaseName.READY)


async def test_a_plan_is_made_again_with_all_that_hangs_on_it(tmp_path: Path) -> None:
    play = standard_play()
    renewed = ("planning/architect/1", "planning/product-manager/1")
    play = again(play, *renewed, *of(play, *BEHIND))
    play["ready/project-manager/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.NO_OUTPUT]
    async with scene(tmp_path, play, Variant.STANDARD) as here:
        blocked = await drive(here.it)
        await here.say("retry", "architect")

        stop = await drive(here.it)

        assert (blocked.state, stop.state) == (RunState.BLOCKED, RunState.READY)
        record = await here.it.record()
        assert (await here.it.work("planning/architect/1")).superseded
        assert [str(w.name) for w in record.works if w.name.performer == "test-writer"] == [
            "planning/test-writer/1",
            "qa/test-writer/1",
            "qa/test-writer/2",
        ]
        assert not (await here.it.work("planning/test-writer/1")).superseded
        assert len([n for n in await here.it.names(PhaseName.PLANNING) if "baseline" in n]) == 1
        assert record.run.head == record.commits[-1][1].sha == here.it.workspaces.pushed[-1]
        assert here.it.workspaces.checked[-1] == record.run.head
        assert "/phaseline retry` architect" in await here.it.tracker()
        assert "superseded" in await here.it.tracker()


async def test_a_step_that_finds_its_first_commit_good_enough_may_leave_it(tmp_path: Path) -> None:
    play = standard_play()
    build = play["implementation/backend-developer/1"]
    play = again(play, *of(play, *BEHIND))
    same = revised(build[0], outcome=Outcome.NO_CHANGE, commit=None)
    play["implementation/backend-developer/2"] = [same.__class__(same.submission)]
    play["ready/project-manager/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.NO_OUTPUT]
    async with scene(tmp_path, play, Variant.STANDARD) as here:
        await drive(here.it)
        await here.say("retry", "backend-developer")

        stop = await drive(here.it)

        assert stop.state is RunState.READY
        second = await here.it.work("implementation/backend-developer/2")
        assert second.outcome is StepOutcome.NO_CHANGE


async def test_a_review_is_made_again_and_nothing_before_it(tmp_path: Path) -> None:
    play = standard_play()
    play = again(play, "qa/code-reviewer/1", "qa/documentation-expert/1")
    play["ready/project-manager/2"] = list(play["ready/project-manager/1"])
    play["ready/project-manager/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.NO_OUTPUT]
    async with scene(tmp_path, play, Variant.STANDARD) as here:
        await drive(here.it)
        built = len(here.it.sessions.assignments)
        await here.say("retry", "code-reviewer")

        stop = await drive(here.it)

        assert stop.state is RunState.READY
        asked = [str(a.name) for a in here.it.sessions.assignments[built:]]
        assert asked == [
            "qa/code-reviewer/2",
            "qa/documentation-expert/2",
            "ready/project-manager/2",
        ]


@pytest.mark.parametrize("change", [False, True])
async def test_an_approval_holds_only_when_the_plans_come_out_as_they_were(
    tmp_path: Path, change: bool
) -> None:
    play = standard_play()
    renewed = ("planning/architect/1", "planning/product-manager/1")
    play = again(play, *renewed, *of(play, *BEHIND))
    plan = play["planning/architect/1"][0]
    if change:
        text = plan.submission.artifact.replace("would notice", "would notice it at once")
        play["planning/architect/2"] = [revised(plan, artifact=text)]
    async with scene(tmp_path, play, Variant.PLAN) as here:
        await drive(here.it)
        approved = plans_hash(await here.it.record())
        await here.say("approve")
        await here.say("pause")
        await here.say("retry", "planning/architect")

        stop = await drive(here.it)

        assert bool(stop.approval_of) is change
        assert (plans_hash(await here.it.record()) != approved) is change
