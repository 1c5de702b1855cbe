"""What there is to install: the lock files of a tree and the commands that install exactly them.

Reads a checkout of the base commit, whose every file a stranger may have written. Runs nothing.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.workspace.sandbox.beneath import open_beneath, opened
from app.workspace.sandbox.cage import WORKSPACE

PYTHON = "/usr/bin/python3"
_DEPTH = 4
_MOST_INSTALLS = 12
_MOST_LOCK_BYTES = 32 << 20
_ASIDE = frozenset(
    {
        *("node_modules", "vendor", "third_party", "fixtures", "__fixtures__", "testdata"),
        *("test-data", "examples", "example", "templates", "dist", "build"),
    }
)
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "package.json", ".npmrc", "uv.toml")


class PlanError(Exception):
    """There is no telling what to install; the message says why."""


@dataclass(frozen=True)
class Command:
    """One command of a prepare and the directory of the worktree that it runs in."""

    argv: tuple[str, ...]
    directory: str

    @property
    def cwd(self) -> str:
        """Where it runs, inside."""
        return str(PurePosixPath(WORKSPACE) / self.directory)


@dataclass(frozen=True)
class Plan:
    """The commands, and the files whose contents decide what they bring: path and content."""

    commands: tuple[Command, ...]
    locks: tuple[tuple[str, bytes], ...]


def plan(checkout: Path, setup: Sequence[str] | None) -> Plan:
    """Plan `setup`, which the repository's settings hold, or else what its lock files ask for.

    Raises `PlanError` for a tree with more lock files than anybody means to install.
    """
    commands: list[Command] = []
    locks: list[tuple[str, bytes]] = []
    with opened(checkout) as root:
        for directory, names in _directories(checkout):
            found = _install(root, directory, names)
            known = [name for name in names if _is_lock(name) or name in _MANIFESTS]
            if not found and not (setup and any(_is_lock(name) for name in known)):
                continue
            commands += found
            paths = [_join(directory, name) for name in known]
            locks += [(path, _read(root, path)) for path in paths]
    if setup is not None:
        commands = [Command(("/bin/bash", "-euo", "pipefail", "-c", line), "") for line in setup]
    elif len(commands) > _MOST_INSTALLS:
        raise PlanError(
            f"The repository has lock files for {len(commands)} installs; name those that are "
            "meant with `setup` in .github/phaseline.yml."
        )
    return Plan(tuple(commands), tuple(locks))


def _is_lock(name: str) -> bool:
    return name in ("uv.lock", "package-lock.json", "npm-shrinkwrap.json") or _is_requirements(name)


def _is_requirements(name: str) -> bool:
    return name.startswith("requirements") and name.endswith(".txt")


def _install(root: int, directory: str, names: Sequence[str]) -> list[Command]:
    found: list[Command] = []
    requirements = [name for name in names if _is_requirements(name)]
    if "uv.lock" in names and "pyproject.toml" in names:
        line = ("uv", "sync", "--frozen", "--no-progress", "--python", PYTHON)
        found.append(Command(line, directory))
    elif requirements:
        found.append(Command(("uv", "venv", "--python", PYTHON, ".venv"), directory))
        files = [part for name in requirements for part in ("-r", name)]
        texts = [_read(root, _join(directory, name)) for name in requirements]
        hashed = ["--require-hashes"] if all(b"--hash=" in text for text in texts) else []
        line = ("uv", "pip", "install", "--no-progress", "--python", ".venv/bin/python")
        found.append(Command((*line, *hashed, *files), directory))
    if "package.json" in names and {"package-lock.json", "npm-shrinkwrap.json"} & set(names):
        # Scripts of packages stay off: what must run belongs into `setup`.
        line = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress")
        found.append(Command(line, directory))
    return found


def _directories(checkout: Path) -> Iterator[tuple[str, list[str]]]:
    """Directories of the tree ("" is its root) with the names of their regular files, sorted."""
    for path, directories, files in os.walk(checkout):
        inside = os.path.relpath(path, checkout)
        depth = 0 if inside == "." else inside.count("/") + 1
        directories[:] = sorted(
            name
            for name in directories
            if depth < _DEPTH and not name.startswith(".") and name not in _ASIDE
        )
        regular = [name for name in files if stat.S_ISREG(Path(path, name).lstat().st_mode)]
        yield ("" if inside == "." else inside), sorted(regular)


def _read(root: int, path: str) -> bytes:
    descriptor = open_beneath(root, path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_MOST_LOCK_BYTES)


def _join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
