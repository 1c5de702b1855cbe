"""Runs git: each process of it starts here, with the same flags and a clean environment.

It knows nothing of repositories, branches or GitHub: callers pass a git directory and plumbing
commands.
"""

import asyncio
import base64
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.workspace.redaction import capped, redacted
from phases.core.errors import DiskFullError

_FLAGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.sharedRepository=0644",
    "diff.ignoreSubmodules=all",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "safe.bareRepository=explicit",
    "protocol.allow=never",
    "transfer.fsckObjects=true",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "credential.helper=",
    "gc.auto=0",
    "maintenance.auto=false",
)
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
}
_LOCAL_SECONDS = 120.0
_MOST_OUTPUT = 256 << 20
_MOST_STDERR = 64 << 10
# As the C library has it and as git itself does; git runs in the locale C.
_NO_SPACE = (b"No space left on device", b"Out of diskspace", b"Disk quota exceeded")


class GitError(Exception):
    """A git process failed; the message holds the command's word and what it printed, redacted."""

    def __init__(self, command: str, code: int | None, stderr: str, stdout: str = "") -> None:
        how = "did not end in time" if code is None else f"ended with {code}"
        super().__init__(f"git {command} {how}: {capped(stderr.strip(), 2000)}")
        self.code = code
        self.stderr = stderr
        self.stdout = stdout


@dataclass(frozen=True)
class Access:
    """The right to talk to one host with one token; it reaches git by its environment alone."""

    base_url: str
    token: str

    def __repr__(self) -> str:
        return f"Access({self.base_url})"

    @property
    def credential(self) -> str:
        """The Basic credential, in base64."""
        return base64.b64encode(f"x-access-token:{self.token}".encode()).decode()

    def environment(self) -> dict[str, str]:
        """Return the variables that hand the token to git, for this host only."""
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.base_url}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {self.credential}",
        }


class Git:
    """The git program.

    `schemes` are the transports it may use (`https`, and `http` for a stand-in). `network` holds
    the variables that a proxy or a private certificate authority needs; nothing else is inherited.
    """

    def __init__(
        self, program: Path, *, schemes: tuple[str, ...], network: Mapping[str, str]
    ) -> None:
        self._program = str(program)
        allowed = (f"protocol.{scheme}.allow=always" for scheme in schemes)
        self._flags = tuple(part for flag in (*_FLAGS, *allowed) for part in ("-c", flag))
        self._environment = {**network, **_ENVIRONMENT}

    async def run(
        self,
        gitdir: Path,
        *arguments: str,
        stdin: bytes = b"",
        access: Access | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = _LOCAL_SECONDS,
        most: int = _MOST_OUTPUT,
        lock: int | None = None,
    ) -> bytes:
        """Run one command to its end and return what it printed.

        It shares `lock`, a descriptor: should this process die, that goes when the command ends.

        Raises:
            GitError: when it fails, prints more than `most` bytes, or does not end in `seconds`.
        """
        output, whole = await self._communicate(
            gitdir,
            arguments,
            stdin=stdin,
            access=access,
            environment=environment,
            seconds=seconds,
            most=most,
            lock=lock,
        )
        if not whole:
            raise GitError(arguments[0], None, f"it printed more than {most} bytes")
        return output

    async def head(self, gitdir: Path, *arguments: str, most: int) -> tuple[bytes, bool]:
        """Run one command; return at most `most` bytes of its output, and whether that is all."""
        return await self._communicate(gitdir, arguments, most=most)

    def run_now(self, gitdir: Path, *arguments: str) -> bytes:
        """Run one short local command while the caller waits. For callers that cannot await."""
        done = subprocess.run(
            self._argv(gitdir, arguments),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            cwd="/",
            timeout=_LOCAL_SECONDS,
        )
        if done.returncode != 0:
            raise GitError(arguments[0], done.returncode, redacted(_text(done.stderr)))
        return done.stdout

    def _argv(self, gitdir: Path, arguments: tuple[str, ...]) -> list[str]:
        return [self._program, *self._flags, f"--git-dir={gitdir}", *arguments]

    async def _start(
        self,
        gitdir: Path,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        lock: int | None,
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._argv(gitdir, arguments),
            env={**self._environment, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd="/",
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
        )

    async def _communicate(
        self,
        gitdir: Path,
        arguments: tuple[str, ...],
        *,
        most: int,
        stdin: bytes = b"",
        access: Access | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = _LOCAL_SECONDS,
        lock: int | None = None,
    ) -> tuple[bytes, bool]:
        given = {**(environment or {}), **(access.environment() if access else {})}
        process = await self._start(gitdir, arguments, given, lock)
        secrets = (access.token, access.credential) if access else ()
        try:
            async with asyncio.timeout(seconds):
                (output, whole), (errors, _), _ = await asyncio.gather(
                    _read(process, process.stdout, most, stop=True),
                    _read(process, process.stderr, _MOST_STDERR, stop=False),
                    _feed(process.stdin, stdin),
                )
                code = await process.wait()
        except TimeoutError:
            raise GitError(arguments[0], None, f"more than {seconds:g} seconds went by") from None
        finally:
            await _end(process)
        if code != 0 and whole and any(words in errors for words in _NO_SPACE):
            raise DiskFullError
        if code != 0 and whole:
            raise GitError(
                arguments[0],
                code,
                redacted(_text(errors), *secrets),
                redacted(_text(output[:_MOST_STDERR]), *secrets),
            )
        return output, whole


async def _read(
    process: asyncio.subprocess.Process,
    stream: asyncio.StreamReader | None,
    most: int,
    *,
    stop: bool,
) -> tuple[bytes, bool]:
    """Read a stream to its end, keeping `most` bytes; with `stop` more of it ends the process."""
    if stream is None:
        return b"", True
    parts: list[bytes] = []
    size = 0
    while chunk := await stream.read(1 << 16):
        if size < most:
            parts.append(chunk[: most - size])
        size += len(chunk)
        if size > most and stop:
            _kill(process)
    return b"".join(parts), size <= most


async def _feed(stream: asyncio.StreamWriter | None, data: bytes) -> None:
    if stream is None:
        return
    try:
        stream.write(data)
        await stream.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # The process ended without reading all of it; its exit code says why.
    finally:
        stream.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave no process behind, whatever happened."""
    if process.returncode is None:
        _kill(process)
        await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
