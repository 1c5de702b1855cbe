"""Issues and pull requests that ended while no webhook came, from the stand-in to the database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.durable.reception import Reception
from app.github.connection import GitHubConnection
from app.github.ended_sweep import EndedSweep
from app.github.labels import Labels
from app.github.people import People
from app.store.retention import Retention
from app.store.runs import Runs
from phases.core.command import Commanded, Word
from phases.core.events import Ended
from phases.core.machine import RunState
from phases.core.model import PullRequest, Run
from tests.app.github.house import House, housed
from tests.app.github.parts import WallClock
from tests.app.github.standin import StandIn
from tests.app.store.story import LABELLED

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Scene:
    """Runs of issues on the stand-in, what looks for their ends, and what hears of them."""

    house: House
    reception: Reception
    sweep: EndedSweep

    @property
    def github(self) -> StandIn:
        return self.house.github

    @property
    def runs(self) -> Runs:
        return self.house.runs

    async def run(self) -> Run:
        """Let a run of a new issue begin, with a pull request."""
        run = await self.house.run()
        number = await self.pull_request(run.issue)
        run = replace(run, pull_request=PullRequest(number, "PR", "http://nowhere", draft=False))
        await self.house.records.amend(run)
        return run

    async def pull_request(self, issue: int) -> int:
        """Open one into a branch of its own, which merging it moves."""
        base = await self.github.base()
        tree = (await self.act("GET", f"/git/commits/{base}"))["tree"]["sha"]
        body = {"message": "feat: something", "tree": tree, "parents": [base]}
        made = await self.act("POST", "/git/commits", body)
        for name, sha in (("from", made["sha"]), ("into", base)):
            ref = {"ref": f"refs/heads/{name}/{issue}", "sha": sha}
            await self.act("POST", "/git/refs", ref)
        body = {"title": "Something", "head": f"from/{issue}", "base": f"into/{issue}"}
        return int((await self.act("POST", "/pulls", body))["number"])

    async def act(self, method: str, path: str, body: Any = None) -> Any:
        """Do something as a maintainer."""
        return await self.house.act(method, path, body)

    async def close(self, number: int) -> None:
        """Close an issue or a pull request."""
        await self.act("PATCH", f"/issues/{number}", {"state": "closed"})

    async def hear_closed(self, number: int, at: datetime) -> None:
        """Let the webhook of a closed pull request come now."""
        repository, who = self.github.repository, self.github.person("maintainer")
        await self.reception.hear(None, Ended(repository, number, True, False, who, at))

    async def told(self, run: Run) -> tuple[RunState, str]:
        """Return where a run stands by now, and why."""
        found = await self.runs.find(run.id)
        assert found is not None
        return found.state, found.reason


@pytest_asyncio.fixture(loop_scope="module")
async def scene(
    tmp_path: Path, github: StandIn, connection: GitHubConnection
) -> AsyncIterator[Scene]:
    async with housed(tmp_path, github, WallClock()) as house:
        reception = Reception(
            People(connection.clients),
            house.runs,
            house.records,
            Labels(connection.clients, label="phaseline"),
            Retention(house.database, house.clock),
            house.asides,
        )
        sweep = EndedSweep(connection.clients, house.runs, reception)
        yield Scene(house, reception, sweep)


def pull_of(run: Run) -> int:
    assert run.pull_request is not None
    return run.pull_request.number


async def test_an_issue_that_was_closed_unheard_cancels_its_run_once(scene: Scene) -> None:
    run = await scene.run()

    before = await scene.sweep.look_over()
    await scene.close(run.issue)
    found = await scene.sweep.look_over()
    again = await scene.sweep.look_over()

    assert (before, found, again) == (0, 1, 0)
    assert await scene.told(run) == (
        RunState.CANCELLED,
        "the issue was closed by maintainer.",
    )


async def test_the_webhook_that_comes_late_after_all_changes_nothing(scene: Scene) -> None:
    run = await scene.run()
    await scene.close(pull_of(run))
    await scene.sweep.look_over()
    swept = await scene.runs.find(run.id)

    await scene.hear_closed(pull_of(run), WallClock().now())

    assert await scene.told(run) == (
        RunState.CANCELLED,
        "the pull request was closed by maintainer.",
    )
    assert await scene.runs.find(run.id) == swept


@pytest.mark.parametrize(
    ("behind", "state"),
    [(-1, RunState.RUNNING), (0, RunState.CANCELLED), (1, RunState.CANCELLED)],
)
async def test_a_closing_ends_no_run_that_a_person_has_let_go_on_since(
    scene: Scene, behind: int, state: RunState
) -> None:
    run = await scene.run()
    await scene.close(pull_of(run))
    await scene.sweep.look_over()
    asked = WallClock().now() - timedelta(minutes=5)
    order = Commanded(Word.RESUME, "", scene.github.person("maintainer"), asked)
    await scene.runs.move(None, run, RunState.RUNNING, "asked for", (), order)

    await scene.hear_closed(pull_of(run), asked + timedelta(seconds=behind))

    assert (await scene.told(run))[0] is state


async def test_a_pull_request_that_was_merged_unheard_closes_its_run(scene: Scene) -> None:
    ready, running = await scene.run(), await scene.run()
    await scene.runs.stop(ready, RunState.READY, "", None, ())
    for run in (ready, running):
        await scene.act("PUT", f"/pulls/{pull_of(run)}/merge", {})
        # As it does that says "fixes #3".
        await scene.close(run.issue)

    found = await scene.sweep.look_over()

    why = "the pull request was merged by maintainer."
    assert found == 2
    assert await scene.told(ready) == await scene.told(running) == (RunState.CLOSED, why)


async def test_a_ready_run_does_not_end_with_its_issue(scene: Scene) -> None:
    run = await scene.run()
    await scene.runs.stop(run, RunState.READY, "", None, ())
    await scene.close(run.issue)

    found = await scene.sweep.look_over()

    assert found == 0
    assert (await scene.told(run))[0] is RunState.READY


async def test_a_run_that_people_let_go_on_with_a_closed_issue_goes_on(scene: Scene) -> None:
    run = await scene.run()
    await scene.close(run.issue)
    await scene.sweep.look_over()
    await scene.runs.move(None, run, RunState.RUNNING, "asked for", ())

    found = await scene.sweep.look_over()

    assert found == 0
    assert (await scene.told(run))[0] is RunState.RUNNING


async def test_a_run_that_was_started_on_a_closed_issue_goes_on(scene: Scene) -> None:
    issue = await scene.github.issue()
    await scene.close(issue)
    asked = WallClock().now() + timedelta(seconds=1)
    label = replace(LABELLED, repository=scene.github.repository, issue=issue, at=asked)
    run = await scene.runs.start(None, label, 1)

    await scene.sweep.look_over()

    assert (await scene.told(run))[0] is RunState.QUEUED


async def test_neither_a_label_taken_off_nor_one_deleted_ends_a_run(scene: Scene) -> None:
    off, deleted = await scene.run(), await scene.run()
    for run, label in ((off, "taken-off"), (deleted, "deleted-label")):
        await scene.act("POST", f"/issues/{run.issue}/labels", {"labels": [label]})
    await scene.act("DELETE", f"/issues/{off.issue}/labels/taken-off")
    await scene.act("DELETE", "/labels/deleted-label")

    found = await scene.sweep.look_over()

    assert found == 0
    assert {(await scene.told(run))[0] for run in (off, deleted)} == {RunState.RUNNING}


async def test_runs_take_turns_and_those_that_are_over_have_none(scene: Scene) -> None:
    label = replace(LABELLED, repository=scene.github.repository)
    runs = [await scene.runs.start(None, replace(label, issue=9000 + n), 1) for n in range(5)]
    await scene.runs.move(None, runs[0], RunState.CANCELLED, "asked for", ())
    after, turns = "", []

    for _ in range(3):
        after, some = await scene.runs.going(after, 2)
        turns.append([run.id for run in some])

    left = sorted(run.id for run in runs[1:])
    assert turns == [left[:2], left[2:], []]
    assert after == ""
