"""A person's hand on a whole run: steps waived, the run paused, cancelled and resumed."""

from dataclasses import replace
from pathlib import Path

import pytest

from phases.core.machine import RunState
from phases.core.model import StepOutcome, Variant
from phases.core.submission import Side
from tests.phases.play import revised, standard_play
from tests.phases.runs import drive
from tests.phases.scene import scene


async def test_a_waived_plan_is_named_in_tracker_and_pull_request(tmp_path: Path) -> None:
    play = standard_play()
    play["planning/ui-designer/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.NO_OUTPUT]
    spec = play["initialization/project-manager/1"][0]
    sides = (Side.BACKEND, Side.FRONTEND, Side.DOCS)
    play["initialization/project-manager/1"] = [revised(spec, sides=sides)]
    play["implementation/frontend-developer/1"] = [
        replace(play["implementation/backend-developer/1"][0], writes=("front/a.ts",))
    ]
    async with scene(tmp_path, play, Variant.STANDARD) as here:
        blocked = await drive(here.it)
        await here.say("skip", "ui-designer")

        stop = await drive(here.it)

        waived = await here.it.work("planning/ui-designer/1")
        assert blocked.state is RunState.BLOCKED
        assert stop.state is RunState.READY
        assert waived.outcome is StepOutcome.WAIVED
        assert "waived: Waived by writer." in await here.it.tracker()
        assert "ui-designer: Waived by writer." in here.it.forge.descriptions[-1][1]


@pytest.mark.parametrize("agent", ["code-optimizer", "quality-checker", "documentation-expert"])
async def test_a_step_can_be_waived_before_it_comes(tmp_path: Path, agent: str) -> None:
    async with scene(tmp_path, standard_play(), Variant.PLAN) as here:
        await drive(here.it)
        await here.say("skip", agent)
        await here.say("approve")

        stop = await drive(here.it)

        asked = [a.agent.name for a in here.it.sessions.assignments]
        assert stop.state is RunState.READY
        assert agent not in asked


async def test_a_paused_run_is_driven_by_nobody_until_it_is_resumed(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.PLAN) as here:
        await drive(here.it)
        await here.say("approve")
        await here.say("pause")
        due = await here.it.runs.due()
        told = await here.it.tracker()
        await here.say("resume")

        stop = await drive(here.it)

        assert due == ()
        assert "Paused: writer asked for it by `/phaseline pause`." in told
        assert stop.state is RunState.READY


async def test_a_cancelled_run_goes_on_where_it_was_when_it_is_resumed(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.PLAN) as here:
        await drive(here.it)
        asked = len(here.it.sessions.assignments)
        await here.say("cancel")
        await here.say("resume")
        again = await drive(here.it)

        assert again.approval_of
        assert len(here.it.sessions.assignments) == asked
