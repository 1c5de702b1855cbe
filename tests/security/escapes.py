"""Tries to get out of wherever it runs; prints what worked, as JSON. It runs alone.

Its argument is a JSON object: what `tests/security/contract.py` has laid out on the host, and
whether the attempts that could hurt a host are left out. What it is permitted it does not use.
"""

import ctypes
import errno
import json
import os
import platform
import resource
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

_X86 = platform.machine() == "x86_64"
_LIBC = ctypes.CDLL(None, use_errno=True)
_BUFFER = ctypes.create_string_buffer(4096)
_FLAGS_OF_NAMESPACES = {
    "user": 0x10000000,
    "mount": 0x00020000,
    "network": 0x40000000,
    "process": 0x20000000,
}

Attempt = Callable[[], object]


def call(x86: int, arm: int, *arguments: Any) -> bool:
    """Make a system call by its number on x86-64 or arm64; say whether the kernel did it."""
    return int(_LIBC.syscall(x86 if _X86 else arm, *arguments)) >= 0


def permitted(x86: int, arm: int, *arguments: Any) -> bool:
    """Make a call with arguments that make no sense; say whether anything but permission lacked."""
    return call(x86, arm, *arguments) or ctypes.get_errno() not in {errno.EPERM, errno.ENOSYS}


def does(action: Callable[..., object], *arguments: Any) -> bool:
    """Do something that raises when it is refused."""
    action(*arguments)
    return True


def opens(path: str, flags: int) -> bool:
    os.close(os.open(path, flags | os.O_CLOEXEC))
    return True


def readable(path: str) -> bool:
    return opens(path, os.O_RDONLY)


def changeable(path: str) -> bool:
    return opens(path, os.O_WRONLY)


def writable(path: str) -> bool:
    return os.access(path, os.W_OK)


def connects(family: int, address: Any) -> bool:
    with socket.socket(family) as client:
        client.settimeout(2)
        client.connect(address)
    return True


def has_socket(family: int, kind: int) -> bool:
    socket.socket(family, kind).close()
    return True


def environments() -> Iterator[bytes]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                yield (entry / "environ").read_bytes()
            except OSError:
                continue


def status(field: str) -> str:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{field}:"):
            return line.split(":", 1)[1].strip()
    return ""


def forks_into(flag: int) -> bool:
    child = int(_LIBC.syscall(56 if _X86 else 220, flag | 17, 0, 0, 0, 0))
    if child == 0:
        os._exit(0)
    if child > 0:
        os.waitpid(child, 0)
    return child > 0


def attaches(pid: int) -> bool:
    if _LIBC.ptrace(16, pid, None, None) != 0:
        return False
    os.waitpid(pid, 0)
    _LIBC.ptrace(17, pid, None, None)
    return True


def sees_segment(identifier: int) -> bool:
    _LIBC.shmat.restype = ctypes.c_void_p
    found = _LIBC.shmat(identifier, None, 0o10000)
    return found is not None and found != ctypes.c_void_p(-1).value


def devices() -> list[str]:
    return [entry.name for entry in Path("/dev").iterdir() if stat.S_ISBLK(entry.lstat().st_mode)]


def programs_that_can_be_replaced() -> list[str]:
    places = os.environ["PATH"].split(":")
    return [place for place in places if not place.startswith("/") or os.access(place, os.W_OK)]


def open_descriptors() -> set[int]:
    """Descriptors that came with the program, other names of its own input aside."""
    own = os.fstat(0)
    found = set()
    for number in range(3, 256):
        try:
            there = os.fstat(number)
        except OSError:
            continue
        if (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino):
            found.add(number)
    return found


def unlimited(which: int) -> bool:
    return resource.getrlimit(which)[1] == resource.RLIM_INFINITY


def attempts(host: dict[str, Any]) -> dict[str, Attempt]:
    """Everything that is tried; each returns something true, or works at all, when it got out."""
    pid, secret, canary = int(host["pid"]), str(host["secret"]), str(host["canary"]).encode()
    tries: dict[str, Attempt] = {
        "28 a secret stands in some environment": lambda: any(canary in e for e in environments()),
        "28 a process of the host is seen": lambda: (
            canary in Path(f"/proc/{pid}/environ").read_bytes()
        ),
        "28 a process of the host can be signalled": lambda: does(os.kill, pid, 0),
        "28 descriptors are inherited": open_descriptors,
        "29 a file of the host is read": lambda: readable(secret),
        "29 the same, by the root of another process": lambda: readable(f"/proc/1/root{secret}"),
        "29 the same, by its own root": lambda: readable(f"/proc/self/root{secret}"),
        "29 the same, from the host's temporary files": lambda: any(
            entry.name == host["marker"] for entry in Path("/tmp").iterdir()
        ),
        "29 a device of the host is there": devices,
        "31 kernel files can be looked through": lambda: readable("/sys/kernel/uevent_seqnum"),
        "31 control groups can be reached": lambda: list(Path("/sys/fs/cgroup").iterdir()),
        "32 it runs as root": lambda: os.getuid() == 0 or os.geteuid() == 0,
        "32 it has capabilities": lambda: int(status("CapEff"), 16) or int(status("CapBnd"), 16),
        "32 it may gain privileges": lambda: status("NoNewPrivs") != "1",
        "32 system calls are not filtered": lambda: status("Seccomp") != "2",
        "33 TCP to the host": lambda: connects(socket.AF_INET, ("127.0.0.1", host["port"])),
        "33 TCP to the host by IPv6": lambda: connects(socket.AF_INET6, ("::1", host["port6"])),
        "33 an abstract socket": lambda: connects(socket.AF_UNIX, "\0" + host["abstract"]),
        "33 a socket with a path": lambda: connects(socket.AF_UNIX, host["named"]),
        "33 an interface besides loopback": lambda: len(socket.if_nameindex()) > 1,
        "33 a route": lambda: Path("/proc/net/route").read_text(encoding="ascii").count("\n") > 1,
        "33 raw packets": lambda: has_socket(socket.AF_PACKET, socket.SOCK_RAW),
        "33 the host's shared memory": lambda: sees_segment(int(host["segment"])),
        "33 the host's name": lambda: socket.gethostname() == host["name"],
        "34 processes without number": lambda: unlimited(resource.RLIMIT_NPROC),
        "34 files without end": lambda: unlimited(resource.RLIMIT_FSIZE),
        "34 memory without end": lambda: unlimited(resource.RLIMIT_DATA),
        "34 core dumps": lambda: resource.getrlimit(resource.RLIMIT_CORE)[1] != 0,
        "36 a program on the path can be replaced": programs_that_can_be_replaced,
        "38 another run can be listed": lambda: list(Path(host["other"]).iterdir()) is not None,
    }
    for place in ("/", "/usr", "/usr/bin", "/etc", "/dev", "/opt", "/var", "/home", "/root"):
        tries[f"31 {place} can be written"] = partial(writable, place)
    for path in ("sys/kernel/core_pattern", "sysrq-trigger", "sys/vm/overcommit_memory"):
        tries[f"32 /proc/{path} can be written"] = partial(changeable, f"/proc/{path}")
    return {**tries, **({} if host["harmless"] else _hurtful()), **_kernel(pid)}


def _kernel(pid: int) -> dict[str, Attempt]:
    return {
        **{
            f"32 a new {name} namespace": partial(forks_into, flag)
            for name, flag in _FLAGS_OF_NAMESPACES.items()
        },
        "32 a process of the host is traced": lambda: attaches(pid),
        "32 its memory is read": lambda: permitted(310, 270, pid, _BUFFER, 1, _BUFFER, 1, 1),
        "32 bpf": lambda: permitted(321, 280, 99, _BUFFER, 4096),
        "32 io_uring": lambda: call(425, 425, 4, _BUFFER),
        "32 kernel keys": lambda: call(250, 219, 0, -3, 1),
        "32 userfaultfd": lambda: call(323, 282, 1),
        "32 performance events": lambda: permitted(298, 241, _BUFFER, 0, -1, -1, 0),
        "32 file handles": lambda: permitted(303, 264, -1, None, None, None, 0),
        "32 the kernel's log": lambda: call(103, 116, 10, None, 0),
        "32 kernel modules": lambda: permitted(175, 105, None, 0, None),
        "32 a virtual machine's socket": lambda: has_socket(40, socket.SOCK_STREAM),
        "32 the kernel's ciphers": lambda: has_socket(38, socket.SOCK_SEQPACKET),
        "32 set-id bits": _set_id,
        "32 a device": lambda: does(os.mknod, "device", 0o60600, os.makedev(7, 0)),
        "32 other groups": lambda: does(os.setgroups, [0]),
        # The last of these: where it works, nothing after it would.
        "32 another user": lambda: does(os.setresuid, 12345, 12345, 12345),
    }


def _set_id() -> bool:
    path = Path("own")
    path.touch()
    path.chmod(0o4755)
    return bool(path.stat().st_mode & 0o4000)


def _hurtful() -> dict[str, Attempt]:
    """Attempts that would change a host on which they work."""
    return {
        "31 a file in /usr": lambda: does(Path("/usr/escaped").touch),
        "31 a file in /dev": lambda: does(Path("/dev/escaped").touch),
        "32 a mount": lambda: _LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0,
        "32 a mount is taken away": lambda: _LIBC.umount2(b"/proc", 2) == 0,
        "32 the clock": lambda: permitted(227, 112, 0, None),
        "32 the name of the host": lambda: does(socket.sethostname, "taken"),
        "32 the root directory": lambda: does(os.chroot, "/tmp"),
        "32 swap": lambda: permitted(168, 225, b"/nowhere"),
        "32 a restart": lambda: permitted(169, 142, 0, 0, 0, None),
    }


def worked(attempt: Attempt) -> bool:
    try:
        return bool(attempt())
    except (OSError, ValueError):
        return False


def main(argument: str) -> dict[str, bool]:
    """Try everything; returns what got out."""
    return {name: worked(attempt) for name, attempt in attempts(json.loads(argument)).items()}


if __name__ == "__main__":
    json.dump(main(sys.argv[1]), sys.stdout)
