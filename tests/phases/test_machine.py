import pytest

from phases.core.errors import DefectError
from phases.core.machine import MEANING, MOVES, OVER, RESUMABLE, RunState, may_move, moved


def test_every_state_has_its_moves_and_its_meaning() -> None:
    assert set(MOVES) == set(MEANING) == set(RunState)


def test_every_state_can_be_reached_from_the_start() -> None:
    reached = {RunState.QUEUED}
    while True:
        wider = reached | {new for state in reached for new in MOVES[state]}
        if wider == reached:
            break
        reached = wider

    assert reached == set(RunState)


def test_no_state_is_a_dead_end_but_the_last() -> None:
    assert {state for state in RunState if not MOVES[state]} == {RunState.CLOSED}


def test_what_can_be_retried_runs_again_and_what_is_over_is_not_retried() -> None:
    assert all(may_move(state, RunState.RUNNING) for state in RESUMABLE)
    assert not RESUMABLE & OVER


def test_a_move_that_the_machine_does_not_know_is_a_defect() -> None:
    with pytest.raises(DefectError, match="cannot move from closed to running"):
        moved(RunState.CLOSED, RunState.RUNNING)
