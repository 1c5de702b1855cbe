"""What the service begins with."""

import subprocess
import sys

WAITS = """\
import asyncio, subprocess, threading
from app.cli.serve import watch_children

async def main():
    program = await asyncio.create_subprocess_exec("/bin/cat", stdin=subprocess.PIPE)
    threads = threading.active_count()
    program.stdin.close()
    print(threads, await program.wait())

watch_children()
asyncio.run(main())
"""


def test_a_process_is_waited_for_without_a_thread_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WAITS], capture_output=True, text=True, check=True, timeout=60
    )

    assert (done.stdout, done.stderr) == ("1 0\n", "")
