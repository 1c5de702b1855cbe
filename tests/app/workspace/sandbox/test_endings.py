"""A command ends with its time, its caller or its limits, and all that it started ends with it."""

import asyncio
import os
import secrets

import pytest

from app.workspace.sandbox.cage import Limits
from app.workspace.sandbox.watchdog import Reason
from tests.app.workspace.sandbox.kit import Bench, processes_named


async def test_when_the_time_is_up_everything_dies_also_what_left_its_session(bench: Bench) -> None:
    marker = f"61.{secrets.randbelow(10**9)}"

    finished = await bench.shell(
        f"setsid nohup sleep {marker} & (trap '' TERM HUP; sleep {marker}) & sleep {marker}",
        timeout=0.5,
    )

    assert finished.timed_out
    assert processes_named(marker) == []


async def test_background_processes_end_with_their_command(bench: Bench) -> None:
    marker = f"62.{secrets.randbelow(10**9)}"

    finished = await bench.shell(f"setsid sleep {marker} >/dev/null 2>&1 & echo started")

    assert finished.output == "started\n"
    assert processes_named(marker) == []


async def test_a_stopped_process_does_not_outlive_its_time(bench: Bench) -> None:
    """Attack 34."""
    finished = await bench.shell("kill -STOP $$", timeout=0.5)

    assert finished.timed_out


@pytest.mark.parametrize("milliseconds", [0, 2, 4, 6, 8, 12, 40])
async def test_cancelling_at_any_moment_leaves_no_process_and_no_descriptor(
    bench: Bench, milliseconds: int
) -> None:
    marker = f"63.{secrets.randbelow(10**9)}"
    await bench.shell("true")
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names, not paths

    running = asyncio.create_task(bench.shell(f"sleep {marker}"))
    await asyncio.sleep(milliseconds / 1000)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert processes_named(marker) == []
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


async def test_a_command_that_prints_without_end_is_killed(bench: Bench) -> None:
    """Attack 34."""
    finished = await bench.limited(Limits(output=1 << 20)).shell("yes")

    assert finished.killed_for is Reason.OUTPUT
    assert len(finished.content) == 1 << 20


async def test_memory_is_counted_over_all_processes_of_a_command(bench: Bench) -> None:
    """Attack 34."""
    hog = "python3 -c 'x = bytearray(60 << 20); import time; time.sleep(20)'"

    finished = await bench.limited(Limits(memory=150 << 20)).shell(f"{hog} & {hog} & {hog} & wait")

    assert finished.killed_for is Reason.MEMORY


async def test_filling_the_disk_is_stopped(bench: Bench) -> None:
    """Attack 34."""
    script = "while :; do head -c 30000000 /dev/zero > /tmp/fill-$RANDOM$RANDOM; done"

    finished = await bench.limited(Limits(disk=100 << 20)).shell(script)

    assert finished.killed_for is Reason.DISK


async def test_a_file_cannot_outgrow_its_limit(bench: Bench) -> None:
    finished = await bench.limited(Limits(file=1 << 20)).shell(
        "head -c 5000000 /dev/zero > big; wc -c < big"
    )

    assert finished.output.splitlines()[-1] == str(1 << 20)


async def test_a_fork_bomb_meets_the_limit_and_is_gone_with_its_command(bench: Bench) -> None:
    """Attack 34."""
    marker = f"64{secrets.randbelow(10**9)}"
    bomb = """
import os, sys, time
started = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
        started += 1
except OSError:
    print(started)
"""

    finished = await bench.limited(Limits(processes=40)).python(bomb, marker)

    assert 30 < int(finished.output) < 40
    assert processes_named(marker) == []
