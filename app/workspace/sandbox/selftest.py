"""Tries the cage at start with the command line of agents; one that does not hold is never used.

Each failure names its cause and what an operator can do. It does not try to mend anything.
"""

import asyncio
import json
import logging
import os
import secrets
import socket
import subprocess
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from app.workspace.sandbox.beneath import open_beneath, opened
from app.workspace.sandbox.cage import Cage
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Finished, Sandbox
from app.workspace.sandbox.scratch import Scratch

_log = logging.getLogger(__name__)
_SECONDS = 20.0
_PYTHON = "/usr/bin/python3"
_CAUSES = (
    (
        "setting up uid map",
        (
            "AppArmor refuses user namespaces to bubblewrap: install a profile that allows "
            "`userns` for /usr/bin/bwrap, or set kernel.apparmor_restrict_unprivileged_userns=0."
        ),
    ),
    (
        "no permissions to create",
        (
            "The kernel or a container's seccomp profile refuses user namespaces: set "
            "kernel.unprivileged_userns_clone=1, or give the container a profile that allows them."
        ),
    ),
    (
        "creating new namespace failed",
        (
            "User namespaces are off or used up: look at user.max_user_namespaces and at the "
            "container's seccomp profile."
        ),
    ),
    (
        "can't mount proc",
        "A container masks /proc: start it with `--security-opt systempaths=unconfined`.",
    ),
    (
        "unknown option",
        "This bubblewrap is too old: Phaseline needs 0.8 or newer (--disable-userns).",
    ),
    (
        "cannot make a mount namespace",
        (
            "The service is root but may not make mount namespaces: give its container "
            "CAP_SYS_ADMIN, or run the service as an ordinary user."
        ),
    ),
    (
        "cannot mount",
        (
            "The service is root but may not mount: give its container CAP_SYS_ADMIN and an "
            "AppArmor profile that allows mount, or run the service as an ordinary user."
        ),
    ),
)


async def self_test(sandbox: Sandbox, directory: Path, service_files: Iterable[Path]) -> None:
    """Try the cage below `directory`; `SandboxError` for a promise that it breaks.

    `service_files` must not belong to the uid of the agents.
    """
    _check_program(sandbox.settings.bubblewrap)
    _check_owner(sandbox, service_files)
    place = directory / f"self-test-{secrets.token_hex(8)}"
    scratch = Scratch.make(place / "scratch", sandbox.owner)
    worktree = place / "worktree"
    worktree.mkdir(mode=0o700)
    if sandbox.owner is not None:
        os.chown(worktree, sandbox.owner, sandbox.owner)
    try:
        _check_openat2(worktree)
        cage = Cage(worktree=worktree, scratch=scratch.path, writable=True)
        probes = await _check_promises(sandbox, cage)
        await _check_timeout(sandbox, cage)
    finally:
        Scratch(place).remove()
    version = await version_of(sandbox.settings.bubblewrap)
    _log.info("sandbox.self_test", extra={"probes": probes, "version": version})


async def version_of(bubblewrap: Path) -> str:
    """Return what the program calls itself, such as `bubblewrap 0.8.0`."""
    process = await asyncio.create_subprocess_exec(
        str(bubblewrap), "--version", stdout=subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode("utf-8", "replace").strip()


def explain(error: SandboxError) -> str:
    """What an operator can do about a cage that does not start."""
    text = str(error).lower()
    known = (advice for mark, advice in _CAUSES if mark in text)
    return next(known, "Run the command by hand as the service's user to see more.")


def _check_program(bubblewrap: Path) -> None:
    if not os.access(bubblewrap, os.X_OK):
        raise SandboxError(
            f"{bubblewrap} is missing: install the distribution's bubblewrap package "
            "(`apt-get install bubblewrap`)."
        )


def _check_owner(sandbox: Sandbox, service_files: Iterable[Path]) -> None:
    for path in service_files:
        if sandbox.owner is not None and path.exists() and path.stat().st_uid == sandbox.owner:
            raise SandboxError(
                f"{path} belongs to uid {sandbox.owner}, which is PHASELINE_AGENT_UID: agents "
                "could change the service. Choose a uid that owns nothing."
            )


def _check_openat2(directory: Path) -> None:
    with opened(directory) as root:
        try:
            os.close(open_beneath(root, ".", os.O_PATH | os.O_DIRECTORY))
        except OSError as error:
            raise SandboxError(
                f"openat2 does not work here ({error}): Linux 5.6 or newer and, in a container, a "
                "seccomp profile that knows it are needed."
            ) from error


async def _check_promises(sandbox: Sandbox, cage: Cage) -> int:
    """Try every promise; returns how many there are."""
    name = f"phaseline-{secrets.token_hex(8)}"
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        closing(socket.socket(socket.AF_UNIX)) as abstract,
    ):
        abstract.bind("\0" + name)
        abstract.listen(1)
        port = listener.getsockname()[1]
        arguments = [str(port), name, str(cage.limits.processes)]
        try:
            finished = await sandbox.run(
                cage,
                [_PYTHON, "-IS", "-", *arguments],
                timeout=_SECONDS,
                stdin=Path(__file__).with_name("probes.py").read_bytes(),
            )
        except SandboxError as error:
            raise SandboxError(f"{error} {explain(error)}") from error
    promises = _promises(finished)
    broken = [promise for promise, failed in promises.items() if failed]
    uid = os.geteuid() if sandbox.owner is None else sandbox.owner
    left = cage.worktree / "probe"
    if not left.exists() or left.lstat().st_uid != uid:
        broken.append("commands run as the uid of agents")
    if broken:
        raise SandboxError(
            f"The sandbox does not hold (broken: {'; '.join(broken)}). No agent will be started."
        )
    return len(promises)


def _promises(finished: Finished) -> dict[str, bool]:
    """Return each promise, and whether it is broken."""
    try:
        promises: dict[str, bool] = json.loads(finished.output)
    except ValueError as error:
        raise SandboxError(
            f"The probes of the sandbox failed (exit {finished.exit_code}): {finished.output}"
        ) from error
    return promises


async def _check_timeout(sandbox: Sandbox, cage: Cage) -> None:
    finished = await sandbox.run(cage, ["/bin/sleep", "60"], timeout=0.3)
    if not finished.timed_out:
        raise SandboxError("The sandbox does not end a command when its time is up.")
