"""Looks at this machine: programs, the team, disk, database, cage."""

import asyncio
import os
import re
import shutil
import tempfile
from pathlib import Path

from app.settings import Settings
from app.store.migrating import UnreachableError, schema
from app.wiring.doctor.examination import Examination
from app.wiring.refusals import StartError
from app.wiring.sandbox import check_sandbox, chosen_sandbox, sandbox_of
from app.wiring.workspaces import team
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.selftest import self_test, version_of
from app.workspace.sandbox.toolchain import Toolchain
from app.workspace.sandbox.uncaged import Uncaged
from phases.pipeline import standard_pipeline

OLDEST_GIT = (2, 38)  # The first that knows `safe.bareRepository`.
LEAST_ROOM = 2 << 30


def of_the_program(git: Path) -> tuple[Examination, ...]:
    """Return what can be looked at without settings."""
    return (
        Examination("git", lambda: _git(git)),
        Examination("programs", _programs),
        Examination("agents", _agents),
    )


def of_the_machine(settings: Settings) -> tuple[Examination, ...]:
    """Return what the settings name on this machine: disk, database, cage."""
    return (
        Examination("data", lambda: asyncio.to_thread(_data, settings.data_dir.absolute())),
        Examination("database", lambda: asyncio.to_thread(_database, settings)),
        Examination("sandbox", lambda: _sandbox(settings)),
    )


def cage_by_default() -> Examination:
    """Return the examination of the cage as it is without settings."""
    return Examination("sandbox", _cage_by_default)


async def _git(git: Path) -> str:
    if not os.access(git, os.X_OK):
        raise StartError(f"{git} is missing: install git (`apt-get install git`).")
    version = await _output(str(git), "--version")
    numbers = re.search(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_GIT:
        raise StartError(
            f"{git} says {version!r}: Phaseline needs {'.'.join(map(str, OLDEST_GIT))} or newer."
        )
    return version


async def _programs() -> str:
    return Toolchain.find().identity


async def _agents() -> str:
    roster = team()
    if faults := standard_pipeline().faults(roster):
        raise StartError("The team does not fit the pipeline. " + " ".join(faults))
    return f"{len(roster.agents)} agents, {len(roster.skills)} skills"


def _data(directory: Path) -> str:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            room = shutil.disk_usage(directory).free
    except OSError as error:
        raise StartError(
            f"{directory} cannot be written ({error}): give it to the user of the service, or set "
            "PHASELINE_DATA_DIR."
        ) from error
    if room < LEAST_ROOM:
        raise StartError(
            f"{directory} has {room >> 20} MiB left; checkouts and dependencies need more. Free "
            "some, or set PHASELINE_DATA_DIR to another disk."
        )
    return f"{directory}, {room >> 30} GiB free"


def _database(settings: Settings) -> str:
    file = settings.sqlite_file
    if file and not file.exists():
        return f"{file} is not there yet; the first start makes it"
    try:
        revision, newest = schema(settings.database_url)
    except UnreachableError as error:
        raise StartError(f"It does not answer: {error}. Look at PHASELINE_DATABASE_URL.") from error
    if revision == newest:
        return f"schema {revision}"
    return f"schema {revision or 'none'}; the next start brings it to {newest}"


async def _sandbox(settings: Settings) -> str:
    sandbox = chosen_sandbox(settings)
    await check_sandbox(sandbox, settings)
    return sandbox.warning if isinstance(sandbox, Uncaged) else await _holds(sandbox)


async def _cage_by_default() -> str:
    sandbox = sandbox_of(Settings.model_fields["agent_uid"].default)
    with tempfile.TemporaryDirectory() as place:
        await self_test(sandbox, Path(place), [])
    return await _holds(sandbox)


async def _holds(sandbox: Sandbox) -> str:
    version = await version_of(sandbox.settings.bubblewrap)
    uid = os.geteuid() if sandbox.owner is None else sandbox.owner
    memory = "a watchdog" if sandbox.settings.cgroups is None else "control groups"
    return f"holds: every probe was stopped ({version}, agents are uid {uid}, sums by {memory})"


async def _output(*argv: str) -> str:
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return output.decode("utf-8", "replace").strip()
