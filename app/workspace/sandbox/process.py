"""Runs one program to its end or its limits and leaves nothing behind. Knows nothing of cages."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.workspace.sandbox.output import Capture
from app.workspace.sandbox.watchdog import Reason

_CHUNK = 1 << 16
_TRY_SECONDS = 0.05
_MOST_TRIES = 10
_GRACE_SECONDS = 5.0
_MINIMAL_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
"""What bubblewrap itself gets: its environment can be read inside, as that of process 1."""

Popen = subprocess.Popen[bytes]
Watch = Callable[[int], Coroutine[Any, Any, Reason]]
OnOutput = Callable[[bytes], None]


class Channel:
    """A pipe out of a program, read as it fills."""

    def __init__(self, descriptors: "Descriptors", limit: int, on_output: OnOutput | None) -> None:
        self._reading, self.writing = descriptors.pipe()
        self._on_output = on_output
        self.capture = Capture(limit)
        self.closed = asyncio.Event()
        self.overflowed = asyncio.Event()

    def attach(self) -> None:
        """Begin to read."""
        asyncio.get_running_loop().add_reader(self._reading, self._read)

    def detach(self) -> None:
        """Stop reading."""
        asyncio.get_running_loop().remove_reader(self._reading)

    def _read(self) -> None:
        try:
            chunk = os.read(self._reading, _CHUNK)
        except BlockingIOError:
            return
        if not chunk:
            self.detach()
            self.closed.set()
            return
        self.capture.feed(chunk)
        if self._on_output is not None:
            self._on_output(chunk)
        if self.capture.overflowed:
            self.overflowed.set()


class Descriptors:
    """Descriptors that a program inherits under their own numbers; closed when `undo` is."""

    def __init__(self, undo: ExitStack, owner: int | None) -> None:
        self._undo = undo
        self._owner = owner
        self._writing: list[int] = []
        self.inherited: list[int] = []

    def given(self, content: bytes) -> int:
        """The number of an inherited descriptor from which `content` can be read."""
        descriptor = self.data(content)
        self.inherited.append(descriptor)
        return descriptor

    def data(self, content: bytes) -> int:
        """A descriptor from which `content` can be read; not inherited under its number."""
        if not content:
            # A device, not an empty file: programs that look take it for no input at all.
            descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            self._undo.callback(os.close, descriptor)
            return descriptor
        descriptor = os.memfd_create("data", os.MFD_CLOEXEC)
        self._undo.callback(os.close, descriptor)
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    def pipe(self) -> tuple[int, int]:
        """The reading end, ours, and the writing end, closed here by `hang_up`."""
        reading, writing = os.pipe2(os.O_CLOEXEC)
        self._undo.callback(os.close, reading)
        os.set_blocking(reading, False)
        self._writing.append(writing)
        if self._owner is not None:
            # Otherwise opening /dev/stdout again is refused to the agent's uid.
            os.fchown(writing, self._owner, self._owner)
        return reading, writing

    def hang_up(self) -> None:
        """Close our copies of the writing ends, so that a pipe ends with its last writer."""
        while self._writing:
            os.close(self._writing.pop())


class Namespace:
    """The process namespace of a cage, known by its process 1.

    Bubblewrap ends as soon as the command does, a moment before the kernel has killed the rest.
    """

    def __init__(self, undo: ExitStack) -> None:
        self._undo = undo
        self._descriptor: int | None = None

    def enter(self, pid: int) -> None:
        """Name its process 1, as the host numbers it."""
        with contextlib.suppress(ProcessLookupError):
            self._descriptor = os.pidfd_open(pid)
            self._undo.callback(os.close, self._descriptor)

    async def gone(self) -> None:
        """Wait until every process of it has ended; at once when it never began."""
        if self._descriptor is not None:
            await _readable(self._descriptor)


@dataclass(frozen=True)
class Ended:
    """How a program ended. `exit_code` is that of the outermost program, negative for a signal."""

    exit_code: int
    killed_for: Reason | None
    duration_s: float


@dataclass(frozen=True)
class Program:
    """One program to start, with the descriptors it gets."""

    argv: Sequence[str]
    stdin: int
    stdout: Channel
    stderr: Channel
    channels: tuple[Channel, ...]
    """Every channel that is to be read, each once."""
    namespace: Namespace


async def run(
    program: Program, descriptors: Descriptors, *, seconds: float, nice: int, watch: Watch
) -> Ended:
    """Run it with a niceness of `nice`, for at most `seconds`.

    When this returns or raises, also by cancellation, every process of its group is dead. Raises
    `OSError` when it cannot be started. Must be called on the event loop's own thread: a cage dies
    with the thread that started it.
    """
    started = time.monotonic()
    with ExitStack() as undo:
        process, ended = _start(program, descriptors, undo)
        with contextlib.suppress(ProcessLookupError):
            # Inherited by everything that it starts; no program of its own is needed for it.
            os.setpriority(os.PRIO_PROCESS, process.pid, nice)
        for channel in program.channels:
            channel.attach()
        ending = asyncio.create_task(_end(process, ended, program))
        try:
            reason = await _first_reason(ending, process.pid, program.channels, seconds, watch)
        finally:
            await _make_sure(process, ending)
            for channel in program.channels:
                channel.detach()
    code = process.returncode
    return Ended(-signal.SIGKILL if code is None else code, reason, time.monotonic() - started)


def _start(program: Program, descriptors: Descriptors, undo: ExitStack) -> tuple[Popen, int]:
    """Start it; returns it and a descriptor that can be read once it has ended."""
    try:
        process = subprocess.Popen(
            program.argv,
            stdin=program.stdin,
            stdout=program.stdout.writing,
            stderr=program.stderr.writing,
            pass_fds=descriptors.inherited,
            env=_MINIMAL_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    finally:
        descriptors.hang_up()
    try:
        ended = os.pidfd_open(process.pid)
    except OSError:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    undo.callback(os.close, ended)
    return process, ended


async def _end(process: Popen, ended: int, program: Program) -> None:
    await _readable(ended)
    process.wait()
    for channel in program.channels:
        await channel.closed.wait()
    await program.namespace.gone()


async def _readable(descriptor: int) -> None:
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)


async def _first_reason(
    ending: asyncio.Task[None], pid: int, channels: Sequence[Channel], seconds: float, watch: Watch
) -> Reason | None:
    """Wait for the end; returns why it must be brought about when it does not come by itself."""
    watching = asyncio.create_task(watch(pid))
    flooded = [asyncio.create_task(channel.overflowed.wait()) for channel in channels]
    waiting: set[asyncio.Task[Any]] = {ending, watching, *flooded}
    try:
        done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (watching, *flooded):
            task.cancel()
    if any(task in done for task in flooded):
        return Reason.OUTPUT
    if ending in done:
        return None
    return watching.result() if watching in done else Reason.TIMEOUT


async def _make_sure(process: Popen, ending: asyncio.Task[None]) -> None:
    # First the child, which is process 1 of the cage and takes all others along: its parent then
    # reaps it and ends by itself. The other way round it is left to an init that may not be there.
    try:
        tries = 0
        # More than once: the child may be one that has ended already, and the next not yet there.
        while not ending.done() and tries < _MOST_TRIES and _kill_children(process.pid):
            tries += 1
            await asyncio.wait({ending}, timeout=_TRY_SECONDS)
    finally:
        if not ending.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    await asyncio.wait({ending}, timeout=_GRACE_SECONDS)
    ending.cancel()
    # It lets go of descriptors, which are closed next and whose numbers others then get.
    await asyncio.wait({ending})


def _kill_children(pid: int) -> bool:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
    except OSError:
        return False
    return bool(children)
