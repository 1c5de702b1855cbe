"""The bubblewrap command line of a cage. Builds it; starts nothing."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from app.workspace.sandbox.cage import HOME, STATE, WORKSPACE, Cage, Limits
from app.workspace.sandbox.toolchain import BIN, Toolchain

_SYSTEM_DIRECTORIES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SYSTEM_SETTINGS = ("alternatives", "ssl/certs")
"""Directories of /etc that are mounted; mounts cost time, so that files are copied instead."""

_SYSTEM_FILES = (
    "ld.so.cache",
    "localtime",
    "mime.types",
    "os-release",
    "protocols",
    "services",
    "ssl/openssl.cnf",
)
_ETC = (
    (
        "/etc/passwd",
        b"root:x:0:0:root:/:/usr/sbin/nologin\nagent:x:1000:1000::/home/agent:/bin/bash\n",
    ),
    ("/etc/group", b"root:x:0:\nagent:x:1000:\n"),
    ("/etc/hosts", b"127.0.0.1 localhost\n::1 localhost\n"),
    ("/etc/resolv.conf", b""),
    ("/etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files\n"),
)
_SCRATCH = (
    ("tmp", "/tmp"),  # noqa: S108 - the cage's own.
    ("home", HOME),
    ("state", STATE),
    # On disk, where files are counted: a tmpfs would let a million empty ones fill the kernel.
    ("shm", "/dev/shm"),  # noqa: S108 - the cage's own.
)
_ENVIRONMENT = {
    "HOME": HOME,
    "USER": "agent",
    "LOGNAME": "agent",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "TMPDIR": "/tmp",  # noqa: S108 - the cage's own.
    "CI": "1",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "PYTHONDONTWRITEBYTECODE": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}
_NAMESPACES = (
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-net",
    "--unshare-cgroup-try",
    "--disable-userns",
    "--assert-userns-disabled",
    *("--uid", "1000", "--gid", "1000", "--hostname", "cage"),
    "--die-with-parent",
    "--new-session",
    *("--cap-drop", "ALL"),
    "--clearenv",
)


def read_settings() -> tuple[tuple[str, bytes], ...]:
    """The files of /etc that every cage has: accounts of its own, copies of harmless settings."""
    copied = (Path("/etc") / name for name in _SYSTEM_FILES)
    return (*_ETC, *((str(path), path.read_bytes()) for path in copied if path.is_file()))


def options(
    cage: Cage,
    toolchain: Toolchain,
    settings: Iterable[tuple[str, bytes]],
    *,
    source: Callable[[Path], Path],
    data: Callable[[bytes], int],
) -> list[str]:
    """The options of one command, for `--args`.

    `settings` come from `read_settings`. `source` says under which path bubblewrap finds a path of
    the host; `data` turns bytes into the number of a descriptor that holds them.
    """
    found = [*_NAMESPACES, "--ro-bind", "/usr", "/usr", *_system()]
    for path, content in settings:
        found += ["--perms", "0644", "--file", str(data(content)), path]
    found += ["--proc", "/proc", "--dev", "/dev"]
    scratch = source(cage.scratch)
    for part, target in _SCRATCH:
        found += ["--bind", str(scratch / part), target]
    found += ["--bind" if cage.writable else "--ro-bind", str(source(cage.worktree)), WORKSPACE]
    for mount in (*toolchain.mounts, *cage.mounts):
        found += [
            "--bind" if mount.writable else "--ro-bind",
            str(source(mount.source)),
            mount.target,
        ]
    for target, link in toolchain.links:
        found += ["--symlink", target, link]
    for path, content in cage.files:
        found += ["--ro-bind-data", str(data(content)), path]
    # Last: whatever is not a mount of its own becomes read-only.
    found += ["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"]
    for name, value in environment(cage).items():
        found += ["--setenv", name, value]
    return [*found, "--chdir", cage.cwd]


def environment(cage: Cage) -> dict[str, str]:
    """The variables of a command. PATH never names a directory that an agent can write."""
    path = ":".join((*cage.path, BIN, "/usr/local/bin", "/usr/bin", "/bin"))
    return {**_ENVIRONMENT, "PATH": path, **dict(cage.environment)}


def limited(limits: Limits, argv: Sequence[str], *, timeout: float) -> list[str]:
    """Put the limits that a process can carry itself before `argv`."""
    processor_seconds = int(timeout * (os.cpu_count() or 1)) + 1
    return [
        "/usr/bin/prlimit",
        "--core=0",
        f"--nofile={limits.open_files}",
        f"--nproc={limits.processes}",
        f"--fsize={limits.file}",
        f"--data={limits.memory}",
        f"--cpu={processor_seconds}",
        "--memlock=65536",
        "--msgqueue=0",
        "--",
        *argv,
    ]


def _system() -> list[str]:
    found: list[str] = []
    for name in _SYSTEM_DIRECTORIES:
        path = Path("/") / name
        if path.is_symlink():
            found += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            found += ["--ro-bind", str(path), str(path)]
    for name in _SYSTEM_SETTINGS:
        found += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return found
