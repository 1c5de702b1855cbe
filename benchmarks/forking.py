"""`python -m benchmarks.forking`: from an order to a process that performs its command.

The processes of the tests' stories are forked from one that has imported everything; beside it
stands what a service takes that is executed and imports its libraries itself.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.forking import ForkServer, Start, fork_server

FORKED = 100
EXECUTED = 5
NOW = "import time; print(time.monotonic_ns())"
EXECUTE = f"import app.cli.main, app.main, app.wiring.duty, app.wiring.worker, uvicorn; {NOW}"


def arrived() -> None:
    """Say when this process performs its first line; the clock is the machine's."""
    print(time.monotonic_ns())


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="forking-") as folder:
        place = Path(folder)
        with fork_server(place / "fork-server.log") as server:
            forked = _milliseconds(FORKED, lambda: _forked(server, place))
        executed = _milliseconds(EXECUTED, _executed)
    print(f"forked:   {_told(forked)}")
    print(f"executed: {_told(executed)}")


def _milliseconds(times: int, arrival: Callable[[], int]) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.monotonic_ns()
        taken.append((arrival() - began) / 1e6)
    return taken


def _forked(server: ForkServer, place: Path) -> int:
    output = place / "output"
    output.unlink(missing_ok=True)
    start = Start("benchmarks.forking:arrived", (), os.environ, place, output, place / "errors")
    assert server.fork(start).wait(60) == 0
    return int(output.read_text())


def _executed() -> int:
    line = [sys.executable, "-c", EXECUTE]
    return int(subprocess.run(line, check=True, capture_output=True, text=True).stdout)


def _told(taken: list[float]) -> str:
    return f"median {statistics.median(taken):.1f} ms, longest {max(taken):.1f} ms of {len(taken)}"


if __name__ == "__main__":
    main()
