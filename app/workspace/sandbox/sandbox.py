"""Runs commands in cages: for each a fresh bubblewrap without network or secrets.

This is the only place that starts a program which an agent or a repository chose. It does not
decide which.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from app.workspace.sandbox import arguments, cgroup, process, staging
from app.workspace.sandbox.cage import Cage
from app.workspace.sandbox.cgroup import Group
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.finished import Command, Finished, Outputs
from app.workspace.sandbox.mountpoints import place_mounts
from app.workspace.sandbox.output import HEAD_AND_TAIL
from app.workspace.sandbox.process import (
    Channel,
    Descriptors,
    Namespace,
    OnOutput,
    Program,
)
from app.workspace.sandbox.seccomp import compile_filter
from app.workspace.sandbox.status import Status
from app.workspace.sandbox.toolchain import Toolchain
from app.workspace.sandbox.watchdog import Reason, watch

__all__ = ("Finished", "Sandbox", "SandboxSettings")

_STATUS_BYTES = 4096


@dataclass(frozen=True)
class SandboxSettings:
    """How cages are made. `agent_uid` and `staging` are used only when the service is root.

    `cgroups` is the control group that was delegated to the service, see `cgroup.py`.
    """

    agent_uid: int
    staging: Path
    bubblewrap: Path = Path("/usr/bin/bwrap")
    cgroups: Path | None = None


class Sandbox:
    """Starts commands in cages. One instance serves the whole service."""

    warning = ""
    """What people must know of it, for the log and every tracker; nothing of a cage that holds."""

    def __init__(self, settings: SandboxSettings, toolchain: Toolchain) -> None:
        if settings.agent_uid == 0:
            raise SandboxError(
                "PHASELINE_AGENT_UID is 0; agents never run as root. Choose an unused uid."
            )
        if not settings.bubblewrap.is_absolute():
            raise SandboxError("Bubblewrap is named by its whole path, never looked up on PATH.")
        self.settings = settings
        self.toolchain = toolchain
        self.owner = settings.agent_uid if os.geteuid() == 0 else None
        """The uid that owns what an agent may write; None when that is the service's own."""
        self._filter = compile_filter()
        self._settings = arguments.read_settings()
        self._staging = staging.Staging(settings.staging)

    async def run(
        self,
        cage: Cage,
        argv: Sequence[str],
        *,
        timeout: float,  # noqa: ASYNC109 - it belongs to the command, which is killed inside.
        output_cap: int = HEAD_AND_TAIL,
        stdin: bytes = b"",
        split: bool = False,
        on_output: OnOutput | None = None,
    ) -> Finished:
        """Run `argv` in the cage; `timeout` in seconds, `output_cap` in bytes.

        A command that fails, is killed or does not exist is a result. Raises `SandboxError` when
        the cage itself could not be built. Cancelling kills the command.
        """
        command = Command(tuple(argv), timeout, output_cap, stdin, split, on_output)
        try:
            return await self._run(cage, command)
        except OSError as error:
            raise SandboxError(f"The sandbox could not start: {error}") from error

    async def _run(self, cage: Cage, command: Command) -> Finished:
        if self.settings.cgroups is None:
            return await self._run_in(None, cage, command)
        async with cgroup.group(self.settings.cgroups, cage.limits) as group:
            return await self._run_in(group, cage, command)

    async def _run_in(self, group: Group | None, cage: Cage, command: Command) -> Finished:
        usable, absent = place_mounts(cage, self.owner)
        with ExitStack() as undo:
            descriptors = Descriptors(undo, self.owner)
            outputs = Outputs(descriptors, cage.limits.output, command)
            namespace = Namespace(undo)
            status = Status(namespace.enter)
            told = Channel(descriptors, _STATUS_BYTES, status.feed)
            source = self._source(usable, undo)
            line = self._command_line(usable, command, descriptors, told.writing, source)
            program = Program(
                line if group is None else group.enter(line),
                descriptors.data(command.stdin),
                outputs.stdout,
                outputs.stderr,
                (*outputs.channels, told),
                namespace,
            )
            ended = await process.run(
                program,
                descriptors,
                seconds=command.seconds,
                nice=cage.limits.nice,
                watch=lambda pid: watch(pid, cage.limits, cage.writable_directories),
            )
        if group is not None and group.ran_out_of_memory():
            ended = replace(ended, killed_for=Reason.MEMORY)
        if status.exit_code is None and ended.killed_for is None:
            said = outputs.stderr.capture.content.decode("utf-8", "replace").strip()
            raise SandboxError(f"The sandbox could not start (exit {ended.exit_code}): {said}")
        return outputs.finished(ended, status.exit_code, absent)

    def _source(self, cage: Cage, undo: ExitStack) -> Callable[[Path], Path]:
        """Where bubblewrap finds a path of the host that the cage mounts."""
        if self.owner is None:
            return Path.absolute
        mounts = (*self.toolchain.mounts, *cage.mounts)
        sources = (cage.worktree, cage.scratch, *(mount.source for mount in mounts))
        return self._staging.stage(sources, undo).__getitem__

    def _command_line(
        self,
        cage: Cage,
        command: Command,
        descriptors: Descriptors,
        status: int,
        source: Callable[[Path], Path],
    ) -> list[str]:
        options = arguments.options(
            cage, self.toolchain, self._settings, source=source, data=descriptors.given
        )
        descriptors.inherited.append(status)
        options += ["--json-status-fd", str(status)]
        options += ["--seccomp", str(descriptors.given(self._filter))]
        # Options go through a descriptor: the command line of process 1 can be read inside.
        packed = descriptors.given(b"".join(os.fsencode(option) + b"\0" for option in options))
        limited = arguments.limited(cage.limits, command.argv, timeout=command.seconds)
        line = [str(self.settings.bubblewrap), "--args", str(packed), "--", *limited]
        return line if self.owner is None else staging.drop(line, self.owner)
