"""The tool `bash`, as bash_20250124 describes it, but every call is a process in a fresh cage.

The directory and the exported variables are carried from call to call; shell functions, aliases and
background processes are not.
"""

import asyncio
import os
import re
import shutil
import stat
from dataclasses import replace
from pathlib import Path

from app.workspace.sandbox.beneath import open_beneath, opened, own_tree
from app.workspace.sandbox.cage import HOME, STATE, Cage
from app.workspace.sandbox.output import HEAD_AND_TAIL
from app.workspace.sandbox.sandbox import Finished, Sandbox
from app.workspace.sandbox.watchdog import DiskGauge, Reason
from app.workspace.tools.result import Arguments, ToolError

_COMMAND = "/run/command"
_SCRIPT = Path(__file__).with_name("carry.sh")
_MOST_COMMAND = 128 << 10
_ENDED_BYTES = 2000
_ASKED_SECONDS = re.compile(r"\s*#\s*timeout:\s*(\d{1,6})\s*(?:\n|$)")
"""How a command asks for more time: the tool has no parameter for it; a comment runs nothing."""
_FILE_WHEN_FULL = 64 << 10
"""The largest file that a command may write while the session's disk is full: enough to tidy up."""


class Bash:
    """The shell of one session."""

    def __init__(
        self,
        sandbox: Sandbox,
        cage: Cage,
        *,
        timeout_s: float,
        most_timeout_s: float,
        output_cap: int,
    ) -> None:
        self._sandbox = sandbox
        self._cage = cage
        self._timeout_s = timeout_s
        self._most_timeout_s = most_timeout_s
        self._output_cap = output_cap
        self._script = _SCRIPT.read_text(encoding="utf-8")
        self._calls = 0
        # The watch over each command sees only that command; many small ones fill a disk as well.
        self._gauge = DiskGauge(cage.limits, cage.writable_directories, every=0)
        self._full = False

    async def call(self, given: dict[str, object]) -> tuple[str, bool]:
        """Carry out one call; returns what the model reads and whether it was cut short."""
        arguments = Arguments("bash", given, ("command", "restart"))
        if arguments.flag("restart"):
            self._restart()
            return "The shell has been restarted.", False
        text = arguments.text("command")
        seconds = self._seconds(text)
        command = text.encode("utf-8", "surrogatepass")
        if len(command) > _MOST_COMMAND or b"\0" in command:
            raise ToolError(
                f"The command is longer than {_MOST_COMMAND >> 10} KiB or holds a NUL character. "
                "Write long texts with str_replace_based_edit_tool."
            )
        self._calls += 1
        limits = self._cage.limits
        if self._full:
            limits = replace(limits, file=_FILE_WHEN_FULL)
        cage = replace(self._cage, files=((_COMMAND, command + b"\n"),), limits=limits)
        finished = await self._sandbox.run(
            cage,
            ["/bin/bash", "--noprofile", "--norc", "-c", self._script, "bash", _COMMAND, STATE],
            timeout=seconds,
            output_cap=self._output_cap,
        )
        counting = self._gauge.counted if self._full else self._gauge.exceeded
        self._full = await asyncio.to_thread(counting)
        return self._told(finished, seconds), finished.killed_for is not None

    def _seconds(self, command: str) -> float:
        """How long a command may take: what it asks for in its first line, within our bound."""
        asked = _ASKED_SECONDS.match(command)
        wanted = max(1.0, float(asked[1])) if asked else self._timeout_s
        return min(wanted, self._most_timeout_s)

    def _told(self, finished: Finished, seconds: float) -> str:
        limits = self._cage.limits
        parts = [finished.output.rstrip("\n")] if finished.output.strip() else []
        if finished.truncated or len(finished.content) > HEAD_AND_TAIL:
            parts.append(self._kept(finished.content))
        if finished.killed_for is None:
            parts.append(f"[exit code {finished.exit_code}]")
            parts += self._ended()
        else:
            parts.append(_why_killed(finished.killed_for, seconds, self._most_timeout_s))
        if self._full:
            parts.append(
                f"[the disk of this session is full ({limits.disk >> 20} MiB or "
                f"{limits.disk_entries} files in /workspace, /tmp and {HOME}): remove what you do "
                f"not need. Until then no file can grow beyond {_FILE_WHEN_FULL >> 10} KiB]"
            )
        if finished.absent:
            parts.append(
                f"[the installed environment is missing at {', '.join(finished.absent)}: something "
                "else lies in its place]"
            )
        return "\n".join(parts)

    def _kept(self, content: bytes) -> str:
        """Put the whole output where the agent can read it; returns the sentence that says so."""
        name = f"output-{self._calls}.txt"
        with opened(self._cage.scratch / "tmp") as directory:
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
            try:
                descriptor = open_beneath(directory, name, flags, 0o644)
            except OSError:
                return "[the output is long; print less, or redirect it to a file]"
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
        return f"[the output is long; all {len(content)} bytes are in /tmp/{name}, to search in]"

    def _ended(self) -> list[str]:
        """The sentence about background processes, when there were any."""
        with opened(self._cage.scratch / "state") as directory:
            try:
                descriptor = open_beneath(directory, "ended", os.O_RDONLY | os.O_NONBLOCK)
            except OSError:
                return []
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return []
                names = file.read(_ENDED_BYTES).decode("utf-8", "replace").split("\n")
        running = sorted({name for name in names if name})
        if not running:
            return []
        told = f"[ended with the call, as background processes are: {', '.join(running)}; "
        return [told + "start and use a server within one command]"]

    def _restart(self) -> None:
        state = self._cage.scratch / "state"
        shutil.rmtree(state)
        state.mkdir(mode=0o700)
        if self._sandbox.owner is not None:
            own_tree(state, self._sandbox.owner)


def _why_killed(reason: Reason, seconds: float, most: float) -> str:
    match reason:
        case Reason.TIMEOUT:
            more = (
                f" Begin it with the line `# timeout: {most:g}` to give it that many seconds, the "
                "most there are, or fewer."
            )
            return (
                f"[killed: still running after {seconds:g} s.{more if seconds < most else ''} Run "
                "less at once, or split the work; nothing waits for input here]"
            )
        case Reason.MEMORY:
            return "[killed: its processes held too much memory]"
        case Reason.DISK:
            return "[killed: it filled the disk; remove what it wrote]"
        case Reason.OUTPUT:
            return "[killed: it printed without end; redirect the output to a file or filter it]"
