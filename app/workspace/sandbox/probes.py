"""Tries from inside a cage what must not work; prints what did, as JSON. Not part of the service.

Arguments: the port of a TCP listener of the host, the name of an abstract socket of the host, the
limit on processes. Leaves an empty file `probe` in the directory it starts in.
"""

import ctypes
import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_KEYCTL = {"x86_64": 250, "aarch64": 219}
_ALLOWED_ABOVE = {"PATH", "PWD"}


def _works(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return False
    return True


def _checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _connects(family: int, address: tuple[str, int] | str) -> bool:
    with socket.socket(family) as client:
        client.settimeout(2)
        return _works(lambda: client.connect(address))


def _status(field: str) -> str:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{field}:"):
            return line.split(":", 1)[1].strip()
    return ""


def _environment_above() -> set[str]:
    try:
        found = Path("/proc/1/environ").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return set()
    return {entry.split("=", 1)[0] for entry in found if entry} - _ALLOWED_ABOVE


def main(port: str, abstract: str, processes: str) -> dict[str, bool]:
    """Try everything; returns for each promise whether it was broken."""
    libc = ctypes.CDLL(None, use_errno=True)
    _works(Path("probe").touch)
    # Ours are numbered from 1 in a namespace of their own; the host's would go far beyond.
    ids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]  # noqa: PTH208
    return {
        "the environment of the service stays outside": bool(_environment_above()),
        "commands do not run as root": os.getuid() == 0,
        "the system is read-only": any(
            _works(Path(path, "probe").touch) for path in ("/", "/usr", "/etc", "/dev", "/proc")
        ),
        "the host's network is out of reach": _connects(socket.AF_INET, ("127.0.0.1", int(port))),
        "the host's abstract sockets are out of reach": _connects(socket.AF_UNIX, "\0" + abstract),
        "there is no network": len(socket.if_nameindex()) != 1,
        "no user namespace can be made": _works(lambda: _checked(libc.unshare(_CLONE_NEWUSER))),
        "nothing can be mounted": _works(
            lambda: _checked(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
        ),
        "kernel settings cannot be written": _works(
            lambda: Path("/proc/sys/kernel/core_pattern").write_text("core", encoding="ascii")
        ),
        "system calls are filtered": _status("Seccomp") != "2"
        or _works(lambda: _checked(libc.syscall(_KEYCTL.get(os.uname().machine, 250), 0, -3, 1))),
        "commands have no capabilities": _status("CapEff") != "0000000000000000"
        or _status("NoNewPrivs") != "1",
        "processes are limited": resource.getrlimit(resource.RLIMIT_NPROC)[0] != int(processes),
        "foreign processes cannot be seen": max(ids) > int(processes),
    }


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
