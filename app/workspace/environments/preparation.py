"""Prepares the environment of a repository: plans, installs in a cage, keeps what came of it.

No model takes part and no secret is near. It does not fetch the checkout.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.workspace.environments.cache import Entry, EnvironmentCache
from app.workspace.environments.harvest import directories_of, make_readable, new_directories
from app.workspace.environments.installer import Installation, Installer, PrepareReceipt
from app.workspace.environments.plan import PYTHON, Plan, plan
from app.workspace.environments.registries import Sources
from app.workspace.sandbox.beneath import own_tree
from app.workspace.sandbox.cage import WORKSPACE, Mount
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.scratch import Scratch

_FORMAT = "1"
"""Changes when entries that were made before must not be used any more."""

_PROGRAMS = {".venv": "bin", "node_modules": ".bin"}


@dataclass(frozen=True)
class Environment:
    """What a repository's tools need: read-only mounts in the worktree, and directories for PATH.

    `key` is empty for a repository that needs nothing installed.
    """

    key: str
    mounts: tuple[Mount, ...]
    path: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """What became of a prepare. Without `environment` it failed: `log` and `refused` say why."""

    environment: Environment | None
    receipts: tuple[PrepareReceipt, ...]
    log: str
    refused: tuple[str, ...]
    """Hosts that were asked for and are not allowed; PHASELINE_EGRESS_HOSTS adds one."""
    cached: bool


class Environments:
    """Prepares environments and keeps them below one directory."""

    def __init__(
        self,
        sandbox: Sandbox,
        cache: EnvironmentCache,
        installer: Installer,
        sources: Callable[[], Awaitable[Sources]],
    ) -> None:
        self._sandbox = sandbox
        self._cache = cache
        self._installer = installer
        self._sources = sources

    def key(self, checkout: Path, *, scope: str, setup: Sequence[str] | None) -> str:
        """The key of what `prepare` would make; empty when there is nothing to install."""
        return self._key(plan(checkout, setup), scope)

    async def prepare(self, checkout: Path, *, scope: str, setup: Sequence[str] | None) -> Prepared:
        """Install what the checkout asks for, unless it is there already.

        The checkout is thrown away afterwards by the caller: commands write in it. `scope` keeps
        repositories apart, whose commands could otherwise leave something for one another. Raises
        `PlanError` when it cannot be told what to install.
        """
        planned = await asyncio.to_thread(plan, checkout, setup)
        key = self._key(planned, scope)
        if not key:
            return Prepared(Environment("", (), ()), (), "", (), cached=True)
        if (entry := self._cache.find(key)) is not None:
            return _cached(entry)
        async with self._cache.building(key) as place:
            if (entry := self._cache.find(key)) is not None:
                return _cached(entry)
            return await self._build(checkout, place, planned, key, scope)

    async def _build(
        self, checkout: Path, place: Path, planned: Plan, key: str, scope: str
    ) -> Prepared:
        owner = self._sandbox.owner
        scratch = Scratch.make(place / "scratch", owner)
        if owner is not None:
            await asyncio.to_thread(own_tree, checkout, owner)
        before = await asyncio.to_thread(directories_of, checkout)
        sources = await self._sources()
        done = await self._installer.install(checkout, scratch.path, planned, sources)
        if not done.succeeded:
            return Prepared(None, done.receipts, done.log, done.refused, cached=False)
        entry = await asyncio.to_thread(self._keep, checkout, place, before, key, scope)
        return _made(entry, done)

    def _keep(
        self, checkout: Path, place: Path, before: frozenset[str], key: str, scope: str
    ) -> Entry:
        directories = tuple((name, checkout / name) for name in new_directories(checkout, before))
        for _, directory in directories:
            make_readable(directory, os.geteuid())
        return self._cache.keep(key, scope, place, directories)

    def _key(self, planned: Plan, scope: str) -> str:
        if not planned.commands:
            return ""
        facts = [
            _FORMAT,
            scope,
            self._sandbox.toolchain.identity,
            os.fspath(Path(PYTHON).resolve()),
            [(command.argv, command.directory) for command in planned.commands],
            [(path, hashlib.sha256(content).hexdigest()) for path, content in planned.locks],
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _made(entry: Entry, done: Installation) -> Prepared:
    return Prepared(_environment(entry), done.receipts, done.log, done.refused, cached=False)


def _cached(entry: Entry) -> Prepared:
    return Prepared(_environment(entry), (), "", (), cached=True)


def _environment(entry: Entry) -> Environment:
    workspace = PurePosixPath(WORKSPACE)
    mounts = tuple(Mount(source, str(workspace / name)) for name, source in entry.directories)
    path = tuple(
        str(workspace / name / _PROGRAMS[PurePosixPath(name).name])
        for name, _ in entry.directories
        if PurePosixPath(name).name in _PROGRAMS
    )
    return Environment(entry.key, mounts, path)
