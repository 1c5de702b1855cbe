"""A person's word on the plans of a whole run: approved, or revised and asked for again."""

from pathlib import Path

from phases.core.events import Edited
from phases.core.machine import RunState
from phases.core.model import StepOutcome, Variant
from phases.core.work import PhaseName
from tests.app.store.story import LABELLED, REPOSITORY
from tests.phases.play import standard_play
from tests.phases.runs import drive
from tests.phases.scene import scene, wished


async def test_plans_wait_for_approval_where_the_label_asks_for_it(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.PLAN) as here:
        stop = await drive(here.it)

        tracker = await here.it.tracker()
        assert stop.state is RunState.WAITING
        assert stop.after_seconds is None
        assert not (await here.it.record()).passed(PhaseName.PLANNING)
        assert "The plans wait for a person's approval" in tracker
        assert "/phaseline approve" in tracker
        assert await here.it.runs.due() == ()


async def test_a_repository_can_ask_for_approval_of_every_plan(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.STANDARD) as here:
        here.it.workspaces.plan_gate = True

        stop = await drive(here.it)

        assert stop.approval_of
        assert "`.github/phaseline.yml` asks" in stop.reason


async def test_approved_plans_are_built_and_the_approver_is_named(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.PLAN) as here:
        waiting = await drive(here.it)
        await here.say("approve")

        stop = await drive(here.it)

        assert stop.state is RunState.READY
        assert (
            f"writer approved the plans (`{waiting.approval_of[:10]}`)" in await here.it.tracker()
        )


async def test_revised_plans_need_an_approval_of_their_own(tmp_path: Path) -> None:
    async with scene(tmp_path, wished(standard_play(), "test-writer"), Variant.PLAN) as here:
        first = await drive(here.it)
        await here.say("revise", "Use one table.")
        second = await drive(here.it)
        await here.say("approve")

        stop = await drive(here.it)

        assert first.approval_of
        assert second.approval_of not in {"", first.approval_of}
        assert stop.state is RunState.READY
        told = [a for a in here.it.sessions.assignments if str(a.name) == "planning/architect/2"]
        assert "Use one table." in told[0].prompt.blocks[-1].text


async def test_an_approval_of_other_plans_does_not_open_the_gate(tmp_path: Path) -> None:
    async with scene(tmp_path, wished(standard_play(), "test-writer"), Variant.PLAN) as here:
        await drive(here.it)
        await here.say("approve")
        await here.say("pause")
        # Planning has not been left yet: the plans can still change.
        await here.say("revise", "Use one table.")

        stop = await drive(here.it)

        assert stop.state is RunState.WAITING
        assert stop.approval_of


async def test_a_planner_that_failed_answers_a_revision_once(tmp_path: Path) -> None:
    play = wished(standard_play(), "test-writer")
    good = play["planning/architect/1"]
    play["planning/architect/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.NO_OUTPUT]
    async with scene(tmp_path, play, Variant.STANDARD) as here:
        blocked = await drive(here.it)
        here.it.sessions.play["planning/architect/1"] = list(good)
        await here.say("revise", "Use one table.")

        stop = await drive(here.it)

        assert blocked.state is RunState.BLOCKED
        assert stop.state is RunState.READY
        names = await here.it.names(PhaseName.PLANNING)
        assert "architect/2" not in names
        assert "test-writer/2" in names


async def test_an_edited_issue_is_told_and_taken_only_by_a_revision(tmp_path: Path) -> None:
    async with scene(tmp_path, wished(standard_play(), "test-writer"), Variant.PLAN) as here:
        await drive(here.it)
        at = here.it.clock.now()
        await here.hear(Edited(REPOSITORY, 3, LABELLED.title, "Something else.", at))
        told = await here.it.tracker()
        await here.say("revise")

        await drive(here.it)

        run = (await here.it.record()).run
        assert "edited since: this run works from the text of 2026-03-02 08:59 UTC" in told
        assert run.request is not None
        assert run.request.body == "Something else."
        assert "this run works from" not in await here.it.tracker()
