"""Reads what bubblewrap says about a cage: JSON documents, one a line, that arrive in pieces."""

import json
from collections.abc import Callable


class Status:
    """Which process is the first of the cage, and the exit code of its command."""

    def __init__(self, on_first_process: Callable[[int], None]) -> None:
        self._on_first_process = on_first_process
        self._rest = b""
        self.exit_code: int | None = None
        """None until the command has ended by itself."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            document = json.loads(line)
            if "child-pid" in document:
                self._on_first_process(int(document["child-pid"]))
            if "exit-code" in document:
                self.exit_code = int(document["exit-code"])
