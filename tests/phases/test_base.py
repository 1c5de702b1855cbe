"""The base branch moves while a run is at work: it is told, and a merge is offered, not forced."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from phases.core.machine import RunState
from phases.core.model import Drift, StepOutcome, Variant
from phases.core.receipts import CheckKind, Receipt
from phases.core.work import PhaseName
from tests.fakes.outside import green, receipt
from tests.fakes.worktree import sha
from tests.phases.play import revised, standard_play
from tests.phases.runs import drive
from tests.phases.scene import Scene, scene

TIP = sha("the base branch by now")
CLASH = Drift(TIP, 3, ("back/a.py", "tests/test_a.py"))
REPORT = "## Conflicts resolved\n\n- Both sides hold.\n\n## What to look at\n\n- None\n"
RESOLVED = "ready/backend-developer/1"


def with_resolution(play: dict[str, list[Any]], *writes: str) -> dict[str, list[Any]]:
    turn = play["implementation/backend-developer/1"][0]
    resolved = replace(revised(turn, artifact=REPORT, interfaces=None), writes=writes)
    return play | {RESOLVED: [resolved]}


async def moved(here: Scene, drift: Drift) -> None:
    """Let the base branch move, and a webhook tell of it."""
    here.it.workspaces.base_drift = drift
    run = here.it.run
    await here.it.runs.note_tip(None, run.repository.id, "main", drift.tip)


async def test_a_base_branch_that_moved_is_told_and_does_not_stop_a_run(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.PLAN) as here:
        await drive(here.it)
        await moved(here, Drift(TIP, 2, ()))
        at_once = await here.it.tracker()
        await here.say("approve")
        stop = await drive(here.it)

        run = (await here.it.record()).run
        assert f"`main` has moved since this run began: it stands at {TIP[:10]} now." in at_once
        assert stop.state is RunState.READY
        assert run.drift == Drift(TIP, 2, ())
        assert run.base is not None
        assert run.base.sha == sha("base")


async def test_a_conflict_blocks_with_the_offer_of_a_merge_before_anything_is_summed_up(
    tmp_path: Path,
) -> None:
    """Attack 20: the run stays with the base it began from, and is held to where it stands now."""
    async with scene(tmp_path, standard_play(), Variant.STANDARD) as here:
        here.it.workspaces.base_drift = CLASH

        stop = await drive(here.it)

        tracker = await here.it.tracker()
        assert stop.state is RunState.BLOCKED
        assert "`back/a.py`" in stop.reason
        assert "/phaseline retry merge" in stop.reason
        assert "2 files would not merge cleanly" in tracker
        assert here.it.forge.flips == 0
        assert await here.it.names(PhaseName.READY) == []


async def test_a_developer_resolves_the_conflict_and_the_checks_are_run_again(
    tmp_path: Path,
) -> None:
    play = with_resolution(standard_play(), "back/a.py", "tests/test_a.py", "docs/other.md")
    play[RESOLVED].append(replace(play[RESOLVED][0], writes=()))
    async with scene(tmp_path, play, Variant.STANDARD) as here:
        here.it.workspaces.base_drift = CLASH
        await drive(here.it)
        await here.say("retry", "merge")

        stop = await resolving(here)

        record = await here.it.record()
        resolved = await here.it.work(RESOLVED)
        assert stop is RunState.READY
        assert resolved.commit is not None
        assert here.it.workspaces.checked[-1] == record.run.head == resolved.commit.sha
        assert resolved.commit.files == ("back/a.py", "tests/test_a.py")
        assert "`docs/other.md` was put back" in here.it.sessions.sent_back[RESOLVED][0]
        assert "conflict markers" in told(here)


def told(here: Scene) -> str:
    (asked,) = (a for a in here.it.sessions.assignments if str(a.name) == RESOLVED)
    return asked.prompt.blocks[-1].text


async def resolving(here: Scene) -> RunState:
    """Drive on; once the resolution is pushed, the base is merged."""
    push = here.it.workspaces.push

    async def pushed(run: Any, commit: str) -> None:
        await push(run, commit)
        here.it.workspaces.base_drift = None

    here.it.workspaces.push = pushed  # type: ignore[method-assign]  # what git would do
    return (await drive(here.it)).state


async def test_a_marker_that_is_left_sends_the_resolution_back(tmp_path: Path) -> None:
    play = with_resolution(standard_play(), "back/a.py")
    play[RESOLVED].append(replace(play[RESOLVED][0], writes=("tests/test_a.py",)))
    async with scene(tmp_path, play, Variant.STANDARD) as here:
        here.it.workspaces.base_drift = CLASH
        await drive(here.it)
        await here.say("retry", "merge")

        stop = await resolving(here)

        assert stop is RunState.READY
        assert here.it.sessions.sent_back[RESOLVED] == [
            "`tests/test_a.py` still holds conflict markers: resolve them."
        ]


async def test_what_merges_cleanly_is_merged_by_the_service_when_a_person_asks(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play["ready/project-manager/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.NO_OUTPUT]
    play["ready/project-manager/1"] += standard_play()["ready/project-manager/1"]
    async with scene(tmp_path, play, Variant.STANDARD) as here:
        here.it.workspaces.base_drift = Drift(TIP, 2, ())
        await drive(here.it)
        await here.say("retry", "merge")

        stop = await drive(here.it)

        assert stop.state is RunState.READY
        (merge,) = here.it.workspaces.merged
        assert here.it.workspaces.checked[-1] == merge == (await here.it.record()).run.head
        assert (await here.it.record()).run.drift is None


async def test_a_merge_that_breaks_the_checks_can_be_handed_to_the_team(tmp_path: Path) -> None:
    play = standard_play()
    play["ready/project-manager/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.NO_OUTPUT]

    def verdicts(commit: str, times: int) -> tuple[Receipt, ...]:
        if commit in here.it.workspaces.merged:
            return (receipt(commit, CheckKind.TESTS, "broken"), *green(commit, times)[:3])
        return green(commit, times)

    async with scene(tmp_path, play, Variant.STANDARD) as here:
        here.it.workspaces.verdicts = verdicts
        here.it.workspaces.base_drift = Drift(TIP, 2, ())
        await drive(here.it)
        await here.say("retry", "merge")

        stop = await drive(here.it)
        await here.say("retry", "checks")

        assert "or comment `/phaseline retry checks`" in stop.reason
        assert (await here.it.record()).in_phase(PhaseName.QA)
        assert not (await here.it.work("ready/merge/1")).superseded


async def test_a_conflict_that_comes_up_while_the_run_ends_holds_the_flip(tmp_path: Path) -> None:
    async with scene(tmp_path, standard_play(), Variant.STANDARD) as here:
        describe = here.it.forge.describe_pull_request

        async def described(run: Any, title: str, body: str) -> None:
            await describe(run, title, body)
            here.it.workspaces.base_drift = CLASH

        here.it.forge.describe_pull_request = described  # type: ignore[method-assign]  # timing

        stop = await drive(here.it)

        assert stop.state is RunState.BLOCKED
        assert here.it.forge.flips == 0
