"""The memory of the service is nobody else's, that of what it starts as ever."""

import subprocess
import sys

ASKED = "import ctypes, resource; ask = ctypes.CDLL(None).prctl"
# PR_GET_DUMPABLE.
TOLD = "print(resource.getrlimit(resource.RLIMIT_CORE), ask(3, 0, 0, 0, 0), flush=True)"
SERVICE = f"""
import subprocess, sys
{ASKED}
from app.cli.privacy import keep_memory_private

keep_memory_private()
{TOLD}
subprocess.run([sys.executable, "-c", {f"{ASKED}; {TOLD}"!r}], check=True)
"""


def test_no_core_file_holds_the_keys_and_no_debugger_reads_them() -> None:
    """Attack 53: a cage could not map its user if what is executed had no /proc of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SERVICE], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["(0, 0) 0", "(0, 0) 1"]
