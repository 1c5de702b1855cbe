"""Commands that would fill the disk, run for ever or outlive their cage are ended."""

import secrets

from app.workspace.sandbox.cage import Limits
from app.workspace.sandbox.watchdog import Reason
from tests.app.workspace.sandbox.kit import Bench, processes_named
from tests.security.cages import bench, sandbox

__all__ = ["bench", "sandbox"]


async def test_empty_files_without_number_are_stopped(bench: Bench) -> None:
    """Attack 34."""
    flood = """
import os
for directory in range(10 ** 6):
    os.makedirs(f"/dev/shm/{directory}")
    for file in range(1000):
        os.close(os.open(f"/dev/shm/{directory}/{file}", os.O_CREAT))
"""

    finished = await bench.limited(Limits(disk_entries=4_000)).python(flood)

    assert finished.killed_for is Reason.DISK


async def test_a_sparse_file_takes_no_room_and_an_endless_one_ends(bench: Bench) -> None:
    """Attack 34."""
    script = "truncate -s 500M sparse; yes > endless; stat -c %s endless"

    finished = await bench.limited(Limits(file=600 << 20, disk=200 << 20)).shell(script)

    assert finished.killed_for is Reason.DISK


async def test_an_endless_loop_ends_with_its_time(bench: Bench) -> None:
    """Attack 34."""
    finished = await bench.shell("while :; do :; done", timeout=0.5)

    assert finished.timed_out


async def test_whatever_stops_itself_ends_with_its_time(bench: Bench) -> None:
    """Attack 34: a stopped process takes no signal but the last."""
    finished = await bench.shell("sleep 60 & kill -STOP $! $$", timeout=0.5)

    assert finished.timed_out


async def test_a_process_that_hides_from_its_parent_ends_all_the_same(bench: Bench) -> None:
    """Attack 34."""
    marker = f"81{secrets.randbelow(10**9)}"
    daemon = """
import os, signal, sys, time
for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid()
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
for descriptor in range(3):
    os.close(descriptor)
time.sleep(60)
"""

    finished = await bench.python(daemon, marker)

    assert finished.exit_code == 0
    assert processes_named(marker) == []
