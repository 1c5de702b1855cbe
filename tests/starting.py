"""How a world's processes are started: by executing the program, or as whatever starts them says.

`tests.forking` forks them from a process that has imported everything.
"""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from app.cli.demo.processes import TETHER, Process

PROGRAM = Path(sysconfig.get_path("scripts")) / "phaseline"


class Starter(Protocol):
    """Starts `phaseline` with the words of a command line."""

    def start(
        self, words: Sequence[str], environment: Mapping[str, str], directory: Path, log: Path
    ) -> Process:
        """Start it in a directory; what it says is in `log`, and it dies with this process."""


class Executing:
    """Executes the program that is installed, behind the words of `prefix`."""

    def __init__(self, *prefix: str) -> None:
        self._prefix = prefix

    def start(
        self, words: Sequence[str], environment: Mapping[str, str], directory: Path, log: Path
    ) -> Process:
        # The tether ends the process with this one, however this one ends.
        tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
        with log.open("ab") as output:
            return subprocess.Popen(
                [*self._prefix, *tether, str(PROGRAM), *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=directory,
                start_new_session=True,
            )


def as_user(uid: int) -> Executing:
    """Return what starts the program as another user."""
    return Executing("setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups")
