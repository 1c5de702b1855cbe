"""Nothing gives a caged command more rights: no call of the kernel, terminal or program."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.selftest import self_test
from tests.app.workspace.sandbox.kit import Bench
from tests.security.cages import bench, sandbox

__all__ = ["bench", "sandbox"]
_SYSTEM_CALLS = """
import ctypes, os, platform, socket
libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
def call(x86, arm, *arguments):
    return libc.syscall(x86 if X86 else arm, *arguments) >= 0
def works(action):
    try:
        return bool(action())
    except OSError:
        return False
def write(path, text):
    with open(path, "w") as file:
        return file.write(text)
def sock(family):
    socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_RAW).close()
    return True
buffer = ctypes.create_string_buffer(256)
tries = {
    "unshare": lambda: libc.unshare(0x10000000) == 0,
    "clone": lambda: call(56, 220, 0x10000000 | 17, 0, 0, 0, 0) and os._exit(0),
    "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0,
    "ptrace": lambda: libc.ptrace(16, os.getppid(), 0, 0) == 0,
    "bpf": lambda: call(321, 280, 0, buffer, 72),
    "io_uring": lambda: call(425, 425, 4, buffer),
    "keyctl": lambda: call(250, 219, 0, -3, 1),
    "process_vm_readv": lambda: call(310, 270, os.getppid(), buffer, 0, buffer, 0, 0),
    "userfaultfd": lambda: call(323, 282, 1),
    "perf": lambda: call(298, 241, buffer, 0, -1, -1, 0),
    "vsock": lambda: sock(40),
    "packet": lambda: sock(17),
    "chmod set-id": lambda: os.chmod("/workspace/own", 0o4755) is None,
    "mknod": lambda: os.mknod("/workspace/device", 0o60600, os.makedev(7, 0)) is None,
    "setuid": lambda: os.setuid(0) is None,
    "core_pattern": lambda: write("/proc/sys/kernel/core_pattern", "core"),
    "sysrq": lambda: write("/proc/sysrq-trigger", "h"),
    "oom of process 1": lambda: write("/proc/1/oom_score_adj", "-1000"),
    "hostname": lambda: socket.sethostname("taken") is None,
}
open("/workspace/own", "w").close()
print([name for name, action in tries.items() if works(action)])
"""


async def test_the_kernel_is_not_to_be_talked_to(bench: Bench) -> None:
    """Attack 32."""
    inside = await bench.python(_SYSTEM_CALLS)

    assert inside.output == "[]\n"


async def test_no_text_is_typed_into_the_terminal_of_the_service(bench: Bench) -> None:
    """Attack 32."""
    probe = """
import ctypes, fcntl, os
libc = ctypes.CDLL(None, use_errno=True)
master, slave = os.openpty()
for request in (0x5412, 0x5412 | 1 << 32, 0x541C):
    result = libc.ioctl(slave, ctypes.c_ulong(request), ctypes.c_char_p(b"x"))
    print(result, ctypes.get_errno())
try:
    open("/dev/tty")
except OSError as error:
    print(error.errno)
"""

    finished = await bench.python(probe)

    assert finished.output == "-1 1\n-1 1\n-1 1\n6\n"


async def test_set_id_programs_give_nothing(bench: Bench) -> None:
    """Attack 32."""
    finished = await bench.shell("grep -E 'NoNewPrivs|CapEff|CapBnd' /proc/self/status; id -u")

    assert finished.output.split() == [
        *("CapEff:", "0000000000000000", "CapBnd:", "0000000000000000"),
        *("NoNewPrivs:", "1", "1000"),
    ]


async def test_a_program_named_like_bubblewrap_on_the_path_is_never_used(
    bench: Bench, tmp_path: Path
) -> None:
    """Attack 35."""
    with pytest.raises(SandboxError, match="whole path"):
        Sandbox(replace(bench.sandbox.settings, bubblewrap=Path("bwrap")), bench.sandbox.toolchain)

    gone = replace(bench.sandbox.settings, bubblewrap=tmp_path / "gone")
    with pytest.raises(SandboxError, match="is missing"):
        await self_test(Sandbox(gone, bench.sandbox.toolchain), tmp_path, [])
