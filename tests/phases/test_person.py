"""A person's side of whole runs: plans approved and revised, steps waived, runs paused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.durable.asides import Asides
from app.durable.reception import Reception
from app.store.retention import Retention
from app.store.shown import ShownComments
from phases.core.events import Edited, Event, Removed, Said
from phases.core.gates import unmet
from phases.core.machine import RunState
from phases.core.model import Person, Repository, Role, StepOutcome, Variant
from phases.core.submission import Side
from phases.core.work import PhaseName
from phases.qa import QA
from tests.app.store.story import LABELLED, REPOSITORY
from tests.fakes.outside import Play
from tests.phases.play import objecting, revised, standard_play
from tests.phases.test_asked_again import FINDING
from tests.phases.test_run import drive
from tests.phases.world import World, world

WRITER = Person(102, "writer")


class Everybody:
    async def role(self, repository: Repository, person: Person) -> Role:
        return Role.WRITE


class Nothing:
    async def furnish(self, installation: int) -> None:
        raise AssertionError(installation)

    def forget(self, removed: Removed) -> None:
        raise AssertionError(removed)


class Scene:
    """A run, and people who comment on its issue."""

    def __init__(self, it: World) -> None:
        self.it = it
        self.comments = 0
        self.reception = Reception(
            Everybody(),
            it.runs,
            it.records,
            Nothing(),
            Retention(it.database, it.clock),
            Asides(ShownComments(it.database, it.clock), it.runs),
        )

    async def say(self, word: str, argument: str = "") -> None:
        """Let a person with write permission give a command."""
        await self.hear(self.saying(word, argument))

    def saying(self, word: str, argument: str = "") -> Said:
        """Return what arrives when a person gives a command."""
        self.comments += 1
        at = self.it.clock.now()
        return Said(REPOSITORY, 3, False, WRITER, True, self.comments, word, argument, at)

    async def hear(self, event: Event) -> None:
        """Let an event arrive."""
        await self.reception.hear(None, event)
        found = await self.it.runs.find(self.it.run.id)
        assert found is not None
        self.it.run = found


@asynccontextmanager
async def scene(directory: Path, play: Play, variant: Variant) -> AsyncIterator[Scene]:
    async with world(directory, play, variant=variant) as it:
        yield Scene(it)


def wished(play: dict[str, list[Any]], *agents: str) -> dict[str, list[Any]]:
    """Return a play in which these planners and the reviewer have a second round."""
    plan = play["planning/architect/1"][0]
    changed = plan.submission.artifact.replace("would notice", "would notice it at once")
    again = {
        "planning/architect/2": [revised(plan, artifact=changed)],
        "planning/product-manager/2": play["planning/product-manager/1"],
    }
    for agent in agents:
        # What a person asks for need not touch every plan.
        again[f"planning/{agent}/2"] = play[f"planning/{agent}/1"]
    return play | again


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


async def test_a_light_run_does_without_designer_optimizer_and_simplifier(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.LIGHT) as here:
        stop = await drive(here.it)

        asked = {a.agent.name for a in here.it.sessions.assignments}
        assert stop.state is RunState.READY
        assert not asked & {"ui-designer", "code-optimizer", "code-simplifier"}
        assert "light, by the label" in await here.it.tracker()


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
