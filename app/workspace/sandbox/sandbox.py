"""Runs commands in cages: a fresh bubblewrap for each, without network, secrets or a way to what the cage does not name.

This is the only place that starts a program which an agent or a repository chose. It does not decide which.
"""

import json
import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from app.workspace.sandbox import arguments, process, staging
from app.workspace.sandbox.beneath import make_directories, open_beneath, opened
from app.workspace.sandbox.cage import Cage, Mount
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.output import HEAD_AND_TAIL, head_and_tail
from app.workspace.sandbox.process import Channel, Descriptors, OnOutput, Program
from app.workspace.sandbox.seccomp import compile_filter
from app.workspace.sandbox.toolchain import Toolchain
from app.workspace.sandbox.watchdog import Reason, watch

_STATUS_BYTES = 4096


@dataclass(frozen=True)
class SandboxSettings:
    """How cages are made on this host. Used only when the service is root: `agent_uid` and `staging`."""

    agent_uid: int
    staging: Path
    bubblewrap: Path = Path("/usr/bin/bwrap")


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What became of a command.

    `output` is the text of standard output and error as they came (of standard output alone when they were split,
    `errors` holding the other), cut to head and tail; `content` is all of it, at most `Limits.output` bytes.
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
    """Mount points that could not be used, because the worktree has something else in their place."""

    @property
    def timed_out(self) -> bool:
        """Whether it was killed because its time was up."""
        return self.killed_for is Reason.TIMEOUT


class Sandbox:
    """Starts commands in cages. One instance serves the whole service."""

    def __init__(self, settings: SandboxSettings, toolchain: Toolchain) -> None:
        if settings.agent_uid == 0:
            raise SandboxError("PHASELINE_AGENT_UID is 0; agents never run as root. Choose an unused uid.")
        self.settings = settings
        self.toolchain = toolchain
        self.owner = settings.agent_uid if os.geteuid() == 0 else None
        """The uid that owns what an agent may write; None when that is the service's own."""
        self._filter = compile_filter()
        self._staging = staging.Staging(settings.staging)

    async def run(  # noqa: PLR0913 - each is a different thing, and all of them are about one command.
        self,
        cage: Cage,
        argv: Sequence[str],
        *,
        timeout: float,
        output_cap: int = HEAD_AND_TAIL,
        stdin: bytes = b"",
        split: bool = False,
        on_output: OnOutput | None = None,
    ) -> Finished:
        """Run `argv` in the cage; `timeout` in seconds, `output_cap` in bytes.

        A command that fails, is killed or does not exist is a result. Raises `SandboxError` when the cage itself
        could not be built. Cancelling kills the command.
        """
        usable, absent = self._with_mount_points(cage)
        with ExitStack() as undo:
            descriptors = Descriptors(undo, self.owner)
            stdout = Channel(descriptors, cage.limits.output, on_output)
            stderr = Channel(descriptors, cage.limits.output, on_output) if split else stdout
            status = Channel(descriptors, _STATUS_BYTES, None)
            first_input, line = self._command_line(usable, argv, timeout, descriptors, status, stdin)
            channels = (stdout, stderr, status) if split else (stdout, status)
            program = Program(line, first_input, stdout, stderr, channels)
            ended = await process.run(
                program,
                descriptors,
                timeout=timeout,
                watch=lambda pid: watch(pid, cage.limits, cage.writable_directories),
            )
        return _finished(ended, stdout, stderr if split else None, status, output_cap, absent)

    def _command_line(
        self,
        cage: Cage,
        argv: Sequence[str],
        timeout: float,
        descriptors: Descriptors,
        status: Channel,
        stdin: bytes,
    ) -> tuple[int, list[str]]:
        """The standard input that the outermost program starts with, and its command line."""
        mounts = (*self.toolchain.mounts, *cage.mounts)
        sources = (cage.worktree, cage.scratch, *(mount.source for mount in mounts))
        staged = None if self.owner is None else self._staging.stage(sources)
        options = arguments.options(
            cage,
            self.toolchain,
            source=Path.absolute if staged is None else staged.source,
            data=descriptors.given,
        )
        descriptors.inherited.append(status.writing)
        options += ["--json-status-fd", str(status.writing)]
        options += ["--seccomp", str(descriptors.given(self._filter))]
        # Options go through a descriptor: the command line of process 1 can be read inside.
        packed = descriptors.given(b"".join(os.fsencode(option) + b"\0" for option in options))
        limited = arguments.limited(cage.limits, argv, timeout=timeout)
        line = [str(self.settings.bubblewrap), "--args", str(packed), "--", *limited]
        if staged is None or self.owner is None:
            return descriptors.data(stdin), line
        given = descriptors.given(stdin) if stdin else None
        return descriptors.data(staged.table), staging.wrap(line, uid=self.owner, stdin=given)

    def _with_mount_points(self, cage: Cage) -> tuple[Cage, tuple[str, ...]]:
        """Make the places of mounts inside the worktree, on the host, where a link cannot lead anywhere."""
        absent: list[str] = []
        usable: list[Mount] = []
        with opened(cage.worktree) as root:
            for mount in cage.mounts:
                inside = mount.inside
                if inside is None or self._mount_point(root, inside, mount.source):
                    usable.append(mount)
                else:
                    absent.append(inside)
        return replace(cage, mounts=tuple(usable)), tuple(absent)

    def _mount_point(self, root: int, inside: str, source: Path) -> bool:
        try:
            if stat.S_ISDIR(source.stat().st_mode):
                os.close(make_directories(root, inside, self.owner))
                return True
            parent = make_directories(root, os.path.dirname(inside), self.owner)  # noqa: PTH120 - text, not a path.
        except OSError:
            return False
        try:
            flags = os.O_CREAT | os.O_RDONLY | os.O_NONBLOCK
            place = open_beneath(parent, os.path.basename(inside), flags, 0o644)  # noqa: PTH119 - text, not a path.
        except OSError:
            return False
        finally:
            os.close(parent)
        try:
            return stat.S_ISREG(os.fstat(place).st_mode)
        finally:
            os.close(place)


def _finished(
    ended: process.Ended,
    stdout: Channel,
    stderr: Channel | None,
    status: Channel,
    output_cap: int,
    absent: tuple[str, ...],
) -> Finished:
    exit_code = _exit_code(status.capture.content)
    output, cut = head_and_tail(stdout.capture.content, output_cap)
    errors, errors_cut = ("", False) if stderr is None else head_and_tail(stderr.capture.content, output_cap)
    if exit_code is None and ended.killed_for is None:
        raise SandboxError(f"The sandbox could not start (exit {ended.exit_code}): {(errors or output).strip()}")
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


def _exit_code(status: bytes) -> int | None:
    """The exit code among bubblewrap's status documents, one JSON object a line; None when it never got so far."""
    for line in status.splitlines():
        document = json.loads(line)
        if "exit-code" in document:
            return int(document["exit-code"])
    return None
