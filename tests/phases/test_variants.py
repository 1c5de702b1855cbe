"""Light and full runs: who is left out of the one, who reviews the other again."""

from dataclasses import replace
from pathlib import Path

from phases.core.gates import unmet
from phases.core.machine import RunState
from phases.core.model import StepOutcome, Variant
from phases.core.work import PhaseName
from phases.qa import QA
from tests.phases.play import objecting, standard_play
from tests.phases.runs import drive
from tests.phases.scene import scene
from tests.phases.test_asked_again import FINDING


async def test_a_light_run_does_without_designer_optimizer_and_simplifier(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.LIGHT) as here:
        stop = await drive(here.it)

        asked = {a.agent.name for a in here.it.sessions.assignments}
        assert stop.state is RunState.READY
        assert not asked & {"ui-designer", "code-optimizer", "code-simplifier"}
        assert "light, by the label" in await here.it.tracker()


async def test_a_full_run_is_reviewed_again_by_another_model_that_saw_no_report(
    tmp_path: Path,
) -> None:
    play = standard_play()
    approval = play["qa/code-reviewer/1"]
    objection = objecting(approval[0], FINDING)
    play |= {"qa/code-reviewer/1/second": [objection], "qa/code-reviewer/2/second": list(approval)}
    play["qa/backend-developer/1"] = list(play["implementation/backend-developer/1"])
    async with scene(tmp_path, play, Variant.FULL) as here:
        stop = await drive(here.it)

        first, second, third = (
            a for a in here.it.sessions.assignments if a.agent.name == "code-reviewer"
        )
        report = approval[0].submission.artifact
        assert stop.state is RunState.READY
        assert (str(second.name), str(third.name)) == (
            "qa/code-reviewer/1/second",
            "qa/code-reviewer/2/second",
        )
        assert second.tier is third.tier is not first.tier
        assert report not in str(second.prompt)
        assert "second opinion" in await here.it.tracker()
        assert "full, by the label" in await here.it.tracker()


async def test_one_review_does_not_open_the_gate_of_a_full_run(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.STANDARD) as here:
        await drive(here.it)
        record = await here.it.record()
        full = replace(record, run=replace(record.run, variant=Variant.FULL))

        assert unmet(QA.gate, record) == ()
        assert unmet(QA.gate, full) == ("The change has not been reviewed.",)


async def test_a_full_run_stops_where_its_second_review_does(tmp_path: Path) -> None:
    play = standard_play()
    play["qa/code-reviewer/1/second"] = [StepOutcome.NO_OUTPUT, StepOutcome.NO_OUTPUT]
    async with scene(tmp_path, play, Variant.FULL) as here:
        stop = await drive(here.it)

        assert stop.state is RunState.BLOCKED
        assert "code-reviewer did not deliver" in stop.reason
        assert not (await here.it.record()).passed(PhaseName.QA)
