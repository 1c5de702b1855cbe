"""People push to the branch of a run: it goes on from there, or asks."""

from collections.abc import Callable
from pathlib import Path

from phases.core.errors import Blocked
from phases.core.machine import RunState
from phases.core.model import StepOutcome
from phases.core.ports import Desk, Examine
from phases.core.receipts import CheckKind, Receipt
from phases.core.session import Assignment, SessionEnd
from tests.fakes.outside import Play, ScriptedSessions, green, receipt
from tests.fakes.worktree import sha
from tests.phases.play import standard_play
from tests.phases.runs import drive
from tests.phases.world import World, world

THEIRS = sha("a person's commit")
BUILD = "implementation/backend-developer/1"
OPTIMIZE = "implementation/code-optimizer/1"


class Watched(ScriptedSessions):
    """Sessions during which something happens outside."""

    def __init__(self, play: Play, happens: Callable[[str], None]) -> None:
        super().__init__(play)
        self.happens = happens

    async def converse(self, assignment: Assignment, desk: Desk, examine: Examine) -> SessionEnd:
        self.happens(str(assignment.name))
        return await super().converse(assignment, desk, examine)


def pushed_during(it: World, play: Play, step: str) -> None:
    """Let a person push while that step is at work."""

    def happens(name: str) -> None:
        if name == step:
            it.workspaces.human_tip = THEIRS

    it.sessions = Watched(play, happens)


async def test_the_next_step_starts_from_what_a_person_pushed_and_the_tracker_says_so(
    tmp_path: Path,
) -> None:
    play = standard_play()
    async with world(tmp_path, play) as it:
        pushed_during(it, play, "planning/architect/1")

        stop = await drive(it)

        record = await it.record()
        assert stop.state is RunState.READY
        assert record.run.adopted == THEIRS
        writable = [tree.start for tree in it.workspaces.opened if tree.changed]
        assert writable[0] == THEIRS
        assert "Adopted 2 commits that people pushed" in await it.tracker()
        assert (await it.check_runs())[THEIRS] == "neutral"


async def test_what_a_person_pushed_behind_our_commit_takes_over_its_check_run(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play["implementation/code-simplifier/1"] = [Blocked("The run has used up its money.")]
    async with world(tmp_path, play) as it:
        pushed_during(it, play, OPTIMIZE)

        await drive(it)

        (built,) = it.workspaces.pushed
        assert await it.check_runs() == {built: "neutral", THEIRS: "action_required"}


async def test_a_step_that_was_overtaken_begins_again_from_what_a_person_pushed(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play[BUILD] = [*play[BUILD], *play[BUILD]]
    async with world(tmp_path, play) as it:
        pushed_during(it, play, BUILD)

        stop = await drive(it)

        built = await it.work(BUILD)
        assert stop.state is RunState.READY
        assert (built.attempt, built.outcome) == (2, StepOutcome.DONE)
        starts = [tree.start for tree in it.workspaces.opened if "back" in str(tree.changed)]
        assert starts[:2] == [sha("empty"), THEIRS]


async def test_receipts_are_renewed_for_what_a_person_pushed_last(tmp_path: Path) -> None:
    play = standard_play()
    async with world(tmp_path, play) as it:
        pushed_during(it, play, "ready/project-manager/1")

        stop = await drive(it)
        assert stop.state is RunState.WAITING
        await it.retry()
        stop = await drive(it)

        assert stop.state is RunState.READY
        assert it.workspaces.checked[-1] == THEIRS
        assert it.forge.flips == 1
        assert len(it.forge.descriptions) == 2


async def test_what_a_person_breaks_blocks_until_a_person_mends_it(tmp_path: Path) -> None:
    play = standard_play()

    def verdicts(commit: str, times: int) -> tuple[Receipt, ...]:
        if commit == THEIRS:
            return (receipt(commit, CheckKind.TESTS, "broken"), *green(commit, times)[:3])
        return green(commit, times)

    async with world(tmp_path, play) as it:
        it.workspaces.verdicts = verdicts
        pushed_during(it, play, "ready/project-manager/1")
        await drive(it)
        await it.retry()
        broken = await drive(it)
        it.workspaces.human_tip = sha("a person's remedy")
        await it.retry()

        mended = await drive(it)

        assert broken.state is RunState.BLOCKED
        assert "commits that people pushed" in broken.reason
        assert mended.state is RunState.READY
        assert it.forge.flips == 1


async def test_a_branch_that_is_lost_blocks_with_what_to_do(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.lost = "The branch is gone. Push it again and comment `/phaseline retry`."

        blocked = await drive(it)
        it.workspaces.lost = ""
        await it.retry()
        stop = await drive(it)

        assert blocked.state is RunState.BLOCKED
        assert "Push it again" in blocked.reason
        assert stop.state is RunState.READY


async def test_guarded_files_that_people_changed_are_named_to_look_at_first(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.branch_changes = ("back/a.py", "uv.lock")

        await drive(it)

        _, body = it.forge.descriptions[-1]
        assert "Look here first" in body
        assert "`uv.lock` decides what gets installed" in body
