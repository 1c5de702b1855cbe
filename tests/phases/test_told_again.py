"""What an agent is told when its session goes on after an interruption, or in another attempt."""

from pathlib import Path

from phases.core.errors import TransientError
from phases.core.machine import RunState
from phases.core.model import StepOutcome
from phases.core.ports import Desk, Examine
from phases.core.session import Assignment, SessionEnd
from tests.fakes.outside import Play, ScriptedSessions
from tests.phases.play import standard_play
from tests.phases.runs import drive
from tests.phases.world import World, world

PLANNER = "planning/test-writer/1"


class InterruptedSessions(ScriptedSessions):
    """Sessions of which one, an attempt of the planner, is interrupted once."""

    def __init__(self, play: Play, attempt: int) -> None:
        super().__init__(play)
        self._attempt = attempt

    async def converse(self, assignment: Assignment, desk: Desk, examine: Examine) -> SessionEnd:
        if (str(assignment.name), assignment.attempt) == (PLANNER, self._attempt):
            self._attempt = 0
            self.assignments.append(assignment)
            raise TransientError("interrupted", 1.0)
        return await super().converse(assignment, desk, examine)


async def _told(it: World, attempt: int) -> list[object]:
    """Drive over the interruption; return what that attempt was told, before and after it."""
    assert (await drive(it)).state is RunState.WAITING
    await it.retry()
    assert (await drive(it)).state is RunState.READY
    return [
        assignment.prompt
        for assignment in it.sessions.assignments
        if (str(assignment.name), assignment.attempt) == (PLANNER, attempt)
    ]


async def test_a_session_that_goes_on_is_told_what_it_was_told_at_first(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.sessions = InterruptedSessions(standard_play(), attempt=1)

        before, after = await _told(it, attempt=1)

        assert before == after


async def test_a_second_attempt_that_goes_on_is_still_told_why_the_first_failed(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play[PLANNER] = [StepOutcome.NO_OUTPUT, *play[PLANNER]]
    async with world(tmp_path, play) as it:
        it.sessions = InterruptedSessions(play, attempt=2)

        before, after = await _told(it, attempt=2)

        assert before == after
        assert f"scripted as {StepOutcome.NO_OUTPUT}" in str(after)
