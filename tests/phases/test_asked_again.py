"""A run that used up its rounds gets as many again when a person asks: no command is a dead end."""

from pathlib import Path
from typing import Any

from phases.core.machine import RunState
from phases.core.model import Variant
from phases.core.submission import Finding, Severity
from phases.core.work import PhaseName
from tests.phases.play import objecting, revised, standard_play
from tests.phases.runs import drive, red_until, repair, returned_once
from tests.phases.world import World, world

FINDING = Finding("F1", Severity.BLOCKING, "back/a.py", 3, "It leaks", "It does.", "Close it.")


async def _asked(it: World, phase: PhaseName, performer: str) -> int:
    return sum(name.startswith(f"{performer}/") for name in await it.names(phase))


async def test_checks_that_stayed_red_get_three_more_rounds_when_a_person_asks(
    tmp_path: Path,
) -> None:
    play = standard_play()
    again = repair(play)
    for rounds in (1, 2, 3):
        for agent in ("debugger", "backend-developer"):
            play[f"qa/{agent}/{rounds}"] = list(again[f"qa/{agent}/{rounds}"])
            play[f"qa/{agent}/{rounds + 3}"] = list(again[f"qa/{agent}/{rounds}"])
    async with world(tmp_path, play) as it:
        it.workspaces.verdicts = red_until(99, "one is wrong")  # type: ignore[assignment]
        assert (await drive(it)).state is RunState.BLOCKED
        assert await _asked(it, PhaseName.QA, "debugger") == 3

        await it.retry()
        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert await _asked(it, PhaseName.QA, "debugger") == 6


async def test_a_finding_that_still_blocks_goes_back_once_more_when_a_person_asks(
    tmp_path: Path,
) -> None:
    play = standard_play()
    approval, build = play["qa/code-reviewer/1"], play["implementation/backend-developer/1"]
    objection = objecting(approval[0], FINDING)
    play |= {"qa/code-reviewer/1": [objection], "qa/code-reviewer/2": [objection]}
    play |= {"qa/backend-developer/1": list(build), "qa/backend-developer/2": list(build)}
    play["qa/code-reviewer/3"] = approval
    async with world(tmp_path, play) as it:
        assert (await drive(it)).state is RunState.BLOCKED

        await it.retry()
        stop = await drive(it)

        assert stop.state is RunState.READY
        assert await _asked(it, PhaseName.QA, "code-reviewer") == 3


def approved_at_the_fourth_look() -> dict[str, list[Any]]:
    play = standard_play()
    once = returned_once(play)
    (objection,) = once["planning/product-manager/1"]
    plan = play["planning/architect/1"][0]
    for n in (1, 2, 3):
        play[f"planning/product-manager/{n}"] = [objection]
        text = f"{plan.submission.artifact}\nRevision {n}.\n"
        play[f"planning/architect/{n + 1}"] = [revised(plan, artifact=text)]
    play["planning/product-manager/4"] = once["planning/product-manager/2"]
    return play


async def test_at_full_weight_plans_may_be_revised_once_more(tmp_path: Path) -> None:
    play = approved_at_the_fourth_look()
    play["qa/code-reviewer/1/second"] = list(play["qa/code-reviewer/1"])
    async with world(tmp_path, play, variant=Variant.FULL) as it:
        await drive(it)

        assert (await it.record()).passed(PhaseName.PLANNING)


async def test_a_plan_that_was_never_approved_is_revised_again_when_a_person_asks(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, approved_at_the_fourth_look()) as it:
        stop = await drive(it)
        assert stop.state is RunState.BLOCKED
        assert "system-plan.md is still not approved after review 3" in stop.reason

        await it.retry()

        assert (await drive(it)).state is RunState.READY
