"""Whole runs through the pipeline, with the outside played by fakes."""

from pathlib import Path

import sqlalchemy as sa

from app.store.tables import OutwardRow
from phases.core.errors import Blocked, Later
from phases.core.machine import RunState
from phases.core.model import Places, StepOutcome
from phases.core.submission import Side
from phases.core.work import PhaseName
from phases.engine import Stop
from tests.phases.play import revised, standard_play
from tests.phases.runs import drive, driven
from tests.phases.world import NOTICE, world


async def test_a_labelled_issue_becomes_a_pull_request_that_is_ready(tmp_path: Path) -> None:
    async with driven(tmp_path, standard_play()) as (it, stop):
        record = await it.record()

        assert stop == Stop(RunState.READY)
        assert all(record.passed(phase) for phase in PhaseName)
        assert record.run.pull_request is not None
        assert not record.run.pull_request.draft
        assert it.workspaces.pushed == [commit.sha for _, commit in record.commits]
        assert record.run.head == it.workspaces.pushed[-1]
        assert it.forge.flips == 1


async def test_each_commit_gets_a_check_run_that_the_next_commit_or_the_checks_end(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, standard_play()) as (it, _):
        checked, pushed = set(it.workspaces.checked), it.workspaces.pushed

        wanted = {sha: "success" if sha in checked else "neutral" for sha in pushed}
        assert "neutral" in wanted.values()
        assert await it.check_runs() == wanted


async def test_the_check_run_of_a_commit_is_in_progress_until_its_run_is_blocked(
    tmp_path: Path,
) -> None:
    play = standard_play()
    limit = Blocked("The run has used up its money.")
    play["implementation/code-optimizer/1"] = [Later("The model API failed.", 300.0), limit]
    async with driven(tmp_path, play) as (it, waiting):
        at_work = await it.check_runs()
        await it.retry()
        blocked = await drive(it)

        (built,) = it.workspaces.pushed
        assert (waiting.state, blocked.state) == (RunState.WAITING, RunState.BLOCKED)
        assert at_work == {built: None}
        assert await it.check_runs() == {built: "action_required"}


async def test_the_operators_notice_stands_in_every_artifact_and_in_the_pull_request(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, standard_play()) as (it, _):
        made = sa.select(OutwardRow.text).where(OutwardRow.key.startswith("artifact/"))
        texts = await it.database.read(lambda connection: list(connection.scalars(made)))

        (_, body) = it.forge.descriptions[-1]
        assert len(texts) > 10
        assert all(f"\n\n<sub>{NOTICE}</sub>\n\n" in text[:200] for text in texts)
        assert f"<sub>{NOTICE}</sub>" in body


async def test_a_host_without_a_cage_is_named_in_the_tracker(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.cage_warning = "Agents run without a cage on this host."

        await drive(it)

        assert (await it.tracker()).count("Agents run without a cage on this host.") == 1


async def test_the_planners_work_at_the_same_time(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.sessions.meeting = {"planning/architect/1", "planning/test-writer/1"}

        stop = await drive(it)

        assert stop.state is RunState.READY


async def test_a_side_that_the_spec_does_not_name_is_skipped_with_the_reason(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, standard_play()) as (it, _):
        skipped = await it.work("implementation/frontend-developer/1")

        assert skipped.outcome is StepOutcome.SKIPPED
        assert "does not touch the frontend side" in skipped.reason
        assert "does not touch the frontend side" in await it.tracker()


async def test_a_side_that_the_repository_lacks_is_skipped_with_the_reason(tmp_path: Path) -> None:
    play = standard_play()
    spec = play["initialization/project-manager/1"][0]
    play["initialization/project-manager/1"] = [
        revised(spec, sides=(Side.BACKEND, Side.FRONTEND, Side.DOCS))
    ]
    async with world(tmp_path, play) as it:
        it.workspaces.places = Places(
            backend=("/back/",), docs=("*.md", "/docs/"), tests=("/tests/",)
        )

        stop = await drive(it)

        assert stop.state is RunState.READY
        assert "has no frontend side" in (await it.work("planning/ui-designer/1")).reason
