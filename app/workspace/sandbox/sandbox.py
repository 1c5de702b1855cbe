"""Runs commands in cages: for each a fresh bubblewrap without network or secrets.

This is the only place that starts a program which an agent or a repository chose. It does not
decide which.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.workspace.sandbox import arguments, process, staging
from app.workspace.sandbox.cage import Cage
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.mountpoints import place_mounts
from app.workspace.sandbox.output import HEAD_AND_TAIL, head_and_tail
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

_STATUS_BYTES = 4096


@dataclass(frozen=True)
class SandboxSettings:
    """How cages are made. `agent_uid` and `staging` are used only when the service is root."""

    agent_uid: int
    staging: Path
    bubblewrap: Path = Path("/usr/bin/bwrap")


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What became of a command.

    `output` is the text of standard output and error as they came (of standard output alone when
    they were split, `errors` holding the other), cut to head and tail; `content` is all of it, at
    most `Limits.output` bytes.
    """

    exit_code: int
    """As a shell counts: 128 + the signal for a command that a signal ended."""
    output: str
    errors: str
    content: bytes
    truncated: bool
    killed_for: Reason | None
    duration_s: float
    absent: tuple[str, ...]
    """Mount points left out because the worktree has something else in their place."""

    @property
    def timed_out(self) -> bool:
        """Whether it was killed because its time was up."""
        return self.killed_for is Reason.TIMEOUT


class Sandbox:
    """Starts commands in cages. One instance serves the whole service."""

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
        usable, absent = place_mounts(cage, self.owner)
        with ExitStack() as undo:
            descriptors = Descriptors(undo, self.owner)
            stdout = Channel(descriptors, cage.limits.output, on_output)
            stderr = Channel(descriptors, cage.limits.output, on_output) if split else stdout
            namespace = Namespace(undo)
            status = Status(namespace.enter)
            told = Channel(descriptors, _STATUS_BYTES, status.feed)
            first_input, line = self._command_line(
                usable, argv, timeout, descriptors, told.writing, stdin
            )
            channels = (stdout, stderr, told) if split else (stdout, told)
            program = Program(line, first_input, stdout, stderr, channels, namespace)
            try:
                ended = await process.run(
                    program,
                    descriptors,
                    seconds=timeout,
                    nice=cage.limits.nice,
                    watch=lambda pid: watch(pid, cage.limits, cage.writable_directories),
                )
            except OSError as error:
                raise SandboxError(f"The sandbox could not start: {error}") from error
        return _finished(
            ended, stdout, stderr if split else None, status.exit_code, output_cap, absent
        )

    def _command_line(
        self,
        cage: Cage,
        argv: Sequence[str],
        timeout: float,
        descriptors: Descriptors,
        status: int,
        stdin: bytes,
    ) -> tuple[int, list[str]]:
        """The standard input that the outermost program starts with, and its command line."""
        mounts = (*self.toolchain.mounts, *cage.mounts)
        sources = (cage.worktree, cage.scratch, *(mount.source for mount in mounts))
        staged = None if self.owner is None else self._staging.stage(sources)
        options = arguments.options(
            cage,
            self.toolchain,
            self._settings,
            source=Path.absolute if staged is None else staged.source,
            data=descriptors.given,
        )
        descriptors.inherited.append(status)
        options += ["--json-status-fd", str(status)]
        options += ["--seccomp", str(descriptors.given(self._filter))]
        # Options go through a descriptor: the command line of process 1 can be read inside.
        packed = descriptors.given(b"".join(os.fsencode(option) + b"\0" for option in options))
        limited = arguments.limited(cage.limits, argv, timeout=timeout)
        line = [str(self.settings.bubblewrap), "--args", str(packed), "--", *limited]
        if staged is None or self.owner is None:
            return descriptors.data(stdin), line
        given = descriptors.given(stdin) if stdin else None
        return descriptors.data(staged.table), staging.wrap(line, uid=self.owner, stdin=given)


def _finished(
    ended: process.Ended,
    stdout: Channel,
    stderr: Channel | None,
    exit_code: int | None,
    output_cap: int,
    absent: tuple[str, ...],
) -> Finished:
    output, cut = head_and_tail(stdout.capture.content, output_cap)
    errors, errors_cut = (
        ("", False) if stderr is None else head_and_tail(stderr.capture.content, output_cap)
    )
    if exit_code is None and ended.killed_for is None:
        raise SandboxError(
            f"The sandbox could not start (exit {ended.exit_code}): {(errors or output).strip()}"
        )
    return Finished(
        exit_code=128 + 9 if exit_code is None else exit_code,
        output=output,
        errors=errors,
        content=stdout.capture.content,
        truncated=cut or errors_cut or stdout.capture.overflowed,
        killed_for=ended.killed_for,
        duration_s=ended.duration_s,
        absent=absent,
    )
