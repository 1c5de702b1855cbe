"""The checks of a run's commits, and the repairs of what they find broken."""

from pathlib import Path

from phases.core.machine import RunState
from phases.core.receipts import CheckKind, CheckStatus
from phases.core.work import PhaseName
from tests.fakes.outside import green, receipt
from tests.phases.play import standard_play
from tests.phases.runs import drive, red_until, repair
from tests.phases.world import world


async def test_a_new_failure_is_diagnosed_mended_by_its_owner_and_checked_again(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play |= repair(play)
    async with world(tmp_path, play) as it:
        it.workspaces.verdicts = red_until(2, "one is wrong")  # type: ignore[assignment]

        stop = await drive(it)

        assert stop.state is RunState.READY
        assert (await it.names(PhaseName.QA))[:5] == [
            "test-writer/1",
            "checks/1",
            "debugger/1",
            "backend-developer/1",
            "checks/2",
        ]


async def test_a_test_that_never_gets_green_blocks_the_run_after_three_rounds(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play |= repair(play)
    async with world(tmp_path, play) as it:
        it.workspaces.verdicts = red_until(99, "one is wrong")  # type: ignore[assignment]

        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert "still red after 3 rounds" in stop.reason
        assert "one is wrong" in stop.reason
        assert it.forge.flips == 0
        assert (await it.names(PhaseName.QA)).count("checks/4") == 1


async def test_a_failure_that_the_baseline_had_is_nobodys_fault(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.verdicts = lambda commit, _: (
            receipt(commit, CheckKind.LINT, "an old finding in back/a.py:7"),
            receipt(commit, CheckKind.TESTS),
        )

        assert (await drive(it)).state is RunState.READY


async def test_a_check_that_stops_running_does_not_pass_for_green(tmp_path: Path) -> None:
    play = standard_play()
    play |= repair(play)
    async with world(tmp_path, play) as it:
        idle = {"status": CheckStatus.DID_NOT_RUN, "exit_code": None, "reason": "killed"}
        it.workspaces.verdicts = lambda commit, times: (
            green(commit, times)
            if times == 1
            else (receipt(commit, CheckKind.TESTS, **idle), *green(commit, times)[:3])
        )

        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert "did not run" in stop.reason


async def test_a_repository_without_any_check_is_blocked_with_what_to_do(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.verdicts = lambda _commit, _times: ()

        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert ".github/phaseline.yml" in stop.reason
