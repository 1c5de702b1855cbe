"""What commands of agents and repositories run in, as the settings choose, tried at start."""

import logging
from pathlib import Path

from app.settings import Settings
from app.workspace.sandbox.cage import WORKSPACE
from app.workspace.sandbox.cgroup import delegated
from app.workspace.sandbox.sandbox import Sandbox, SandboxSettings
from app.workspace.sandbox.selftest import self_test
from app.workspace.sandbox.toolchain import Toolchain
from app.workspace.sandbox.uncaged import Places, Uncaged

# A root service mounts here what agents see, in a namespace of its own; they can walk through it.
STAGING = Path("/run/phaseline")
# Where commands find their tree when there is no cage: a link, made anew for each command.
UNCAGED = Path(WORKSPACE)
log = logging.getLogger(__name__)


def sandbox_of(agent_uid: int) -> Sandbox:
    """Return the cage; a root service runs what is in it as `agent_uid`.

    Where the host has delegated a control group, this process moves one down in it.

    Raises:
        SandboxError: when a program that it brings is missing.
    """
    return Sandbox(SandboxSettings(agent_uid, STAGING, cgroups=delegated()), Toolchain.find())


def chosen_sandbox(settings: Settings) -> Sandbox:
    """Return what commands run in: the cage, or none where the operator accepted that.

    Raises:
        SandboxError: when a program that it brings is missing.
    """
    if settings.sandbox == "bubblewrap":
        return sandbox_of(settings.agent_uid)
    programs = settings.data_dir.absolute() / "programs"
    return Uncaged(
        SandboxSettings(settings.agent_uid, STAGING), Toolchain.find(), Places(UNCAGED, programs)
    )


async def check_sandbox(sandbox: Sandbox, settings: Settings) -> None:
    """Make sure that agents can work, and that the cage holds where there is one.

    Raises:
        SandboxError: what is wrong, and what to do.
    """
    data = settings.data_dir.absolute()
    data.mkdir(parents=True, exist_ok=True)
    if isinstance(sandbox, Uncaged):
        log.warning(sandbox.warning)
        sandbox.check(data)
        return
    private = (settings.sqlite_file, data)
    await self_test(sandbox, data, [path for path in private if path and path.exists()])
