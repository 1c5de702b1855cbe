"""Runs commands without any cage, where none can be made and the operator accepts that.

Paths look the same to commands, limits of time and output hold; nothing else of the cage does. What
runs has all rights of the service. One command at a time: `/workspace` is a link to its worktree.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.workspace.sandbox import process
from app.workspace.sandbox.arguments import environment
from app.workspace.sandbox.cage import STATE, WORKSPACE, Cage
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.finished import Command, Finished, Outputs
from app.workspace.sandbox.output import HEAD_AND_TAIL
from app.workspace.sandbox.process import Descriptors, Namespace, OnOutput, Program
from app.workspace.sandbox.sandbox import Sandbox, SandboxSettings
from app.workspace.sandbox.toolchain import BIN, Toolchain
from app.workspace.sandbox.watchdog import watch


@dataclass(frozen=True)
class Places:
    """Where an uncaged command finds its worktree, and a directory for links to the programs."""

    workspace: Path
    programs: Path


class Uncaged(Sandbox):
    """Stands in for the cage. Made only after `PHASELINE_SANDBOX_NONE_I_ACCEPT=yes`."""

    warning = (
        "Agents run without a cage on this host (PHASELINE_SANDBOX=none): what they start has the "
        "network, the secrets and all rights of the service."
    )

    def __init__(self, settings: SandboxSettings, toolchain: Toolchain, places: Places) -> None:
        super().__init__(settings, toolchain)
        self.owner = None
        self._places = places
        self._turn = asyncio.Lock()
        places.programs.mkdir(parents=True, exist_ok=True)
        npm = toolchain.node / "lib" / "node_modules" / "npm" / "bin"
        for name, program in (
            ("rg", toolchain.ripgrep),
            ("uv", toolchain.uv),
            ("node", toolchain.node / "bin" / "node"),
            ("npm", npm / "npm-cli.js"),
            ("npx", npm / "npx-cli.js"),
        ):
            _link(places.programs / name, program)

    def check(self, worktree: Path) -> None:
        """Make sure that commands can find their tree; `SandboxError` says what stands against it.

        `worktree` is a directory to try it with.
        """
        place = self._places.workspace
        try:
            _link(place, worktree.absolute())
        except OSError as error:
            raise SandboxError(
                f"Without a cage commands find their tree at {place}, a link that this user cannot "
                f"make ({error}): run as root in a container that is thrown away, or use the cage."
            ) from error

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
        """Run `argv` as `Sandbox.run` does, but uncaged."""
        command = Command(tuple(argv), timeout, output_cap, stdin, split, on_output)
        async with self._turn:
            try:
                return await self._uncaged(cage, command)
            except OSError as error:
                raise SandboxError(f"The command could not be started uncaged: {error}") from error

    async def _uncaged(self, cage: Cage, command: Command) -> Finished:
        _link(self._places.workspace, cage.worktree.absolute())
        absent = tuple(mount for mount in cage.mount_points if not _link_mount(cage, mount))
        with ExitStack() as undo:
            given = Path(undo.enter_context(tempfile.TemporaryDirectory()))
            line = self._line(cage, command, _put_files(cage, given))
            descriptors = Descriptors(undo, None)
            outputs = Outputs(descriptors, cage.limits.output, command)
            ended = await process.run(
                Program(
                    line,
                    descriptors.data(command.stdin),
                    outputs.stdout,
                    outputs.stderr,
                    outputs.channels,
                    Namespace(undo),
                ),
                descriptors,
                seconds=command.seconds,
                nice=cage.limits.nice,
                watch=lambda pid: watch(pid, cage.limits, cage.writable_directories),
            )
        code = ended.exit_code if ended.exit_code >= 0 else 128 - ended.exit_code
        return outputs.finished(ended, code, absent)

    def _line(self, cage: Cage, command: Command, files: dict[str, str]) -> list[str]:
        scratch = cage.scratch.absolute()
        seen = {
            **files,
            **{mount.target: str(mount.source) for mount in cage.mounts if mount.inside is None},
            STATE: str(scratch / "state"),
            BIN: str(self._places.programs),
            WORKSPACE: str(self._places.workspace),
        }
        variables = {
            **environment(cage),
            "HOME": str(scratch / "home"),
            "TMPDIR": str(scratch / "tmp"),
        }
        variables["PATH"] = variables["PATH"].replace(BIN, str(self._places.programs))
        return [
            "/usr/bin/env",
            "-i",
            f"--chdir={_outside(cage.cwd, seen)}",
            *(f"{name}={value}" for name, value in variables.items()),
            *(_outside(argument, seen) for argument in command.argv),
        ]


def _outside(argument: str, seen: dict[str, str]) -> str:
    """An argument that is a path of the cage, as a path of this machine; others as they are."""
    for inside, outside in seen.items():
        if argument == inside or argument.startswith(f"{inside}/"):
            return outside + argument[len(inside) :]
    return argument


def _put_files(cage: Cage, directory: Path) -> dict[str, str]:
    places = {}
    for number, (path, content) in enumerate(cage.files):
        (directory / str(number)).write_bytes(content)
        places[path] = str(directory / str(number))
    return places


def _link_mount(cage: Cage, inside: str) -> bool:
    place = cage.worktree / inside
    source = next(mount.source for mount in cage.mounts if mount.inside == inside)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir() and not place.is_symlink() and not any(place.iterdir()):
        place.rmdir()
    if place.exists() and not place.is_symlink():
        return False
    _link(place, source.absolute())
    return True


def _link(place: Path, target: Path) -> None:
    """Make `place` a link to `target`, in one step when it was one before."""
    if place.exists() and not place.is_symlink():
        raise SandboxError(f"{place} is in the way: without a cage it must be a link of ours.")
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(place)
