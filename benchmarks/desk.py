"""Tools done plainly in one directory, the same for every loop that is measured, and timed."""

import asyncio
import hashlib
import re
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.trajectories import FILES, file_text
from phases.core.ports import ToolResult


class PlainDesk:
    """Views, searches and edits files of its own; its shell is a plain process. Not a cage."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._changes = 0
        self.seconds = 0.0
        directory.mkdir(parents=True)
        for number in range(FILES):
            (directory / f"file_{number:02}.py").write_text(file_text(number))

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Run one tool."""
        began = time.perf_counter()
        try:
            return ToolResult(await self._run(tool, arguments))
        finally:
            self.seconds += time.perf_counter() - began

    async def snapshot(self) -> str | None:
        """Name the files as they are."""
        return hashlib.sha256(f"{self._changes}".encode()).hexdigest()

    async def restore(self, snapshot: str) -> None:
        """Nothing is kept."""

    async def begin_again(self) -> None:
        """Nothing is kept."""

    async def _run(self, tool: str, arguments: Mapping[str, object]) -> str:
        if tool == "bash":
            process = await asyncio.create_subprocess_exec("/bin/true")
            return f"[exit code {await process.wait()}]"
        path = self._directory / str(arguments["path"]).removeprefix("/workspace/")
        text = path.read_text()
        if tool == "grep":
            pattern = re.compile(str(arguments["pattern"]))
            lines = enumerate(text.splitlines(), 1)
            return "\n".join(f"{path.name}:{n}:{x}" for n, x in lines if pattern.search(x))
        if arguments["command"] == "view":
            return "\n".join(f"{n:6}\t{x}" for n, x in enumerate(text.splitlines(), 1))
        path.write_text(text.replace(str(arguments["old_str"]), str(arguments["new_str"]), 1))
        self._changes += 1
        return f"{path.name} has been edited."
