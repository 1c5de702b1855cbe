"""Attacks on the cage from inside it. Controls show that they would work uncaged."""

import asyncio
import ctypes
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.sandbox.cage import Limits, Mount
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.scratch import Scratch
from app.workspace.sandbox.selftest import self_test
from app.workspace.sandbox.watchdog import Reason
from app.workspace.tools.toolbox import EDITOR, GREP, NAMES, Toolbox, ToolLimits
from tests.app.workspace.sandbox.kit import Bench, make_bench, make_sandbox, processes_named

_FIND_IN_ENVIRONMENTS = """
import os, sys
found = 0
for entry in os.listdir("/proc"):
    try:
        with open(f"/proc/{entry}/environ", "rb") as file:
            found += sys.argv[1].encode() in file.read()
    except OSError:
        pass
print(found)
"""
_CONNECT = """
import socket, sys
def works(family, address):
    with socket.socket(family) as s:
        s.settimeout(2)
        try:
            s.connect(address)
        except OSError:
            return False
    return True
print(works(socket.AF_INET, ("127.0.0.1", int(sys.argv[1]))),
      works(socket.AF_UNIX, "\\0" + sys.argv[2]), works(socket.AF_UNIX, sys.argv[3]))
"""
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


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def bench(sandbox: Sandbox, tmp_path: Path) -> Bench:
    return make_bench(sandbox, tmp_path)


def _toolbox(bench: Bench) -> Toolbox:
    return Toolbox(
        bench.sandbox, bench.cage, allowed=frozenset(NAMES), skills={}, limits=ToolLimits()
    )


def _uncaged(program: str, *arguments: str) -> str:
    line = [sys.executable, "-IS", "-c", program, *arguments]
    return subprocess.run(line, stdout=subprocess.PIPE, check=True, text=True).stdout


@contextmanager
def _process_with(name: str, value: str) -> Iterator[None]:
    """A process of this machine that holds a secret in its environment."""
    uid = os.geteuid() or 65432
    line = ["/bin/sleep", "60"]
    process = subprocess.Popen(line, env={name: value}, user=uid if os.geteuid() == 0 else None)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def test_the_environment_of_no_process_outside_can_be_read(bench: Bench) -> None:
    """Attack 28."""
    canary = secrets.token_hex(16)

    with _process_with("CANARY", canary):
        inside = await bench.python(_FIND_IN_ENVIRONMENTS, canary)
        outside = _uncaged(_FIND_IN_ENVIRONMENTS, canary)

    # The searcher's own command line is no environment.
    assert inside.output == "0\n"
    assert int(outside) >= 1


async def test_nothing_of_the_services_own_environment_arrives(bench: Bench) -> None:
    """Attack 28."""
    known = {name for name in os.environ if len(name) > 3}

    finished = await bench.shell("tr '\\0' '\\n' < /proc/1/environ; echo --; env")

    above, own = finished.output.split("--\n")
    assert {line.split("=")[0] for line in above.split()} <= {"PATH", "PWD"}
    inside = {line.split("=")[0] for line in own.splitlines()}
    shared = {"HOME", "PATH", "SHELL", "USER", "LOGNAME", "LANG", "TERM", "PWD", "SHLVL"}
    assert (inside & known) <= shared | {"TMPDIR", "PAGER", "GIT_PAGER"} | _harmless(inside)


def _harmless(inside: set[str]) -> set[str]:
    """Variables that the cage sets itself, whether this machine has them too or not."""
    return {name for name in inside if name.startswith(("GIT_", "UV_", "PYTHON", "CI", "NO_"))}


@pytest.mark.parametrize(
    "target",
    ["/proc/self/environ", "/proc/self/root/etc/shadow", "/dev/fd/0", "/dev/zero", "/etc/passwd"],
)
async def test_the_file_tools_follow_no_link_out(bench: Bench, target: str) -> None:
    """Attack 29."""
    (bench.worktree / "link").symlink_to(target)
    (bench.worktree / "dir").symlink_to("/")

    for path in ("link", f"dir{target}", target, f"/workspace/../..{target}"):
        for call in ({"command": "view"}, {"command": "create", "file_text": "x"}):
            result = await _toolbox(bench).call(EDITOR, {"path": path, **call})

            assert result.is_error
            assert "root:" not in result.text


async def test_the_file_tools_survive_what_is_no_file(bench: Bench) -> None:
    """Attack 29."""
    await bench.shell("mkfifo pipe; python3 -c 'import socket; socket.socket(1).bind(\"sock\")'")
    with (bench.worktree / "sparse").open("wb") as file:
        file.truncate(1 << 42)

    paths = ("pipe", "sock", "sparse", "nul\0byte", "x" * 300, "a/" * 3000, "")
    # Whoever reads the pipe after all is let go at the end.
    writing = os.open(bench.worktree / "pipe", os.O_RDWR)
    try:
        async with asyncio.timeout(5):
            seen = [
                await _toolbox(bench).call(EDITOR, {"command": "view", "path": path})
                for path in paths
            ]
    finally:
        os.close(writing)

    assert [result.is_error for result in seen] == [path != "" for path in paths]


async def test_no_hard_link_to_a_file_outside_can_be_made(bench: Bench, tmp_path: Path) -> None:
    """Attack 29."""
    (tmp_path / "secret").write_text("secret")

    finished = await bench.shell("ln /etc/passwd a; ln /usr/bin/env b; ln /proc/1/environ c; ls -A")

    assert finished.output.count("failed to create hard link") == 3
    assert finished.output.splitlines()[-1].startswith("ln:")


async def test_swapping_a_directory_for_a_link_under_the_editor_leaks_nothing(
    bench: Bench, tmp_path: Path
) -> None:
    """Attack 30."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("secret")
    bench.put("dir/file", "mine")
    (bench.worktree / "link").symlink_to(outside)
    toolbox = _toolbox(bench)
    seen: set[str] = set()

    with _swapping(bench.worktree / "dir", bench.worktree / "link"):
        async with asyncio.timeout(30):
            rounds = 0
            while rounds < 1500 or len(seen) < 2:
                rounds += 1
                view = {"command": "view", "path": "dir/file"}
                seen.add((await toolbox.call(EDITOR, view)).text)
                write = {"command": "create", "path": "dir/file", "file_text": "mine"}
                await toolbox.call(EDITOR, write)

    assert not any("secret" in text for text in seen)
    assert "     1\tmine" in seen
    assert any("symbolic link" in text for text in seen)
    assert (outside / "file").read_text() == "secret"
    assert list(outside.iterdir()) == [outside / "file"]


@contextmanager
def _swapping(one: Path, other: Path) -> Iterator[None]:
    """Exchange two names for one another, as fast as the kernel can, in a thread."""
    stop = threading.Event()
    exchange = ctypes.CDLL(None).renameat2

    def swap() -> None:
        while not stop.is_set():
            exchange(-100, os.fsencode(one), -100, os.fsencode(other), 2)

    racer = threading.Thread(target=swap)
    racer.start()
    try:
        yield
    finally:
        stop.set()
        racer.join()


async def test_nothing_outside_the_worktree_can_be_written(bench: Bench, tmp_path: Path) -> None:
    """Attack 31."""
    gitdir = tmp_path / "gitdir"
    gitdir.mkdir()
    (gitdir / "config").write_text("[core]")
    mounted = bench.changed(lambda cage: replace(cage, mounts=(Mount(gitdir, "/workspace/.git"),)))
    places = (
        "/ /usr /usr/bin /etc /dev /proc /sys /home /opt/phaseline/bin /run /var /workspace/.git"
    )

    finished = await mounted.shell(
        f"for place in {places}; do touch $place/new && echo wrote $place; done 2>/dev/null; "
        "rm -rf .git; mv .git moved; echo > .git/config; echo > /etc/passwd; rm /usr/bin/env"
    )

    assert "wrote" not in finished.output
    assert (gitdir / "config").read_text() == "[core]"
    assert list(gitdir.iterdir()) == [gitdir / "config"]


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


async def test_the_host_and_its_sockets_are_out_of_reach(bench: Bench) -> None:
    """Attack 33."""
    with _listening() as arguments:
        inside = await bench.python(_CONNECT, *arguments)
        outside = await asyncio.to_thread(_uncaged, _CONNECT, *arguments)

    assert inside.output == "False False False\n"
    assert outside == "True True True\n"


@contextmanager
def _listening() -> Iterator[tuple[str, str, str]]:
    """Servers of this machine: a TCP port, an abstract unix socket and one with a path."""
    name = secrets.token_hex(8)
    with (
        tempfile.TemporaryDirectory() as directory,
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as named,
    ):
        Path(directory).chmod(0o755)
        path = f"{directory}/socket"
        for server, address in ((abstract, "\0" + name), (named, path)):
            server.bind(address)
            server.listen(1)
        yield str(listener.getsockname()[1]), name, path


async def test_there_is_no_interface_no_route_and_no_name_service(bench: Bench) -> None:
    """Attack 33."""
    finished = await bench.shell(
        "tail -n +3 /proc/net/dev | cut -d: -f1; tail -n +2 /proc/net/route; "
        "getent ahosts example.org; cat /etc/resolv.conf; ls -A /run"
    )

    assert finished.output.split() == ["lo", "phaseline"]


async def test_no_engine_of_containers_can_be_reached(bench: Bench) -> None:
    """Attack 33."""
    finished = await bench.shell("ls /var/run/docker.sock /run/docker.sock /run/containerd /var")

    assert finished.output.count("No such file or directory") == 4


async def test_empty_files_without_number_are_stopped(bench: Bench) -> None:
    """Attack 34."""
    flood = """
import os
for directory in range(10 ** 6):
    os.makedirs(f"/dev/shm/{directory}")
    for file in range(1000):
        os.close(os.open(f"/dev/shm/{directory}/{file}", os.O_CREAT))
"""

    finished = await bench.limited(Limits(disk_entries=4_000)).python(flood)

    assert finished.killed_for is Reason.DISK


async def test_a_sparse_file_takes_no_room_and_an_endless_one_ends(bench: Bench) -> None:
    """Attack 34."""
    script = "truncate -s 500M sparse; yes > endless; stat -c %s endless"

    finished = await bench.limited(Limits(file=600 << 20, disk=200 << 20)).shell(script)

    assert finished.killed_for is Reason.DISK


async def test_an_endless_loop_ends_with_its_time(bench: Bench) -> None:
    """Attack 34."""
    finished = await bench.shell("while :; do :; done", timeout=0.5)

    assert finished.timed_out


async def test_whatever_stops_itself_ends_with_its_time(bench: Bench) -> None:
    """Attack 34: a stopped process takes no signal but the last."""
    finished = await bench.shell("sleep 60 & kill -STOP $! $$", timeout=0.5)

    assert finished.timed_out


async def test_a_process_that_hides_from_its_parent_ends_all_the_same(bench: Bench) -> None:
    """Attack 34."""
    marker = f"81{secrets.randbelow(10**9)}"
    daemon = """
import os, signal, sys, time
for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid()
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
for descriptor in range(3):
    os.close(descriptor)
time.sleep(60)
"""

    finished = await bench.python(daemon, marker)

    assert finished.exit_code == 0
    assert processes_named(marker) == []


async def test_a_program_named_like_bubblewrap_on_the_path_is_never_used(
    bench: Bench, tmp_path: Path
) -> None:
    """Attack 35."""
    with pytest.raises(SandboxError, match="whole path"):
        Sandbox(replace(bench.sandbox.settings, bubblewrap=Path("bwrap")), bench.sandbox.toolchain)

    gone = replace(bench.sandbox.settings, bubblewrap=tmp_path / "gone")
    with pytest.raises(SandboxError, match="is missing"):
        await self_test(Sandbox(gone, bench.sandbox.toolchain), tmp_path, [])


async def test_a_repositorys_own_programs_stand_for_no_tool(bench: Bench) -> None:
    """Attack 36."""
    for path in ("git", "rg", "node", "python3", "node_modules/.bin/git"):
        bench.put(path, "#!/bin/sh\necho taken\n").chmod(0o755)
    bench.put("site.py", "print('taken')")

    finished = await bench.shell("git --version; rg --version | head -1; python3 -c 'print(1)'")
    searched = await _toolbox(bench).call(GREP, {"pattern": "taken", "path": "site.py"})

    assert "taken" not in finished.output
    assert searched.text == "site.py:1:print('taken')"


async def test_one_session_leaves_nothing_for_the_next(bench: Bench, tmp_path: Path) -> None:
    """Attack 37."""
    places = "~ /tmp /dev/shm /run/phaseline"
    await bench.shell(f"for place in {places}; do echo mine > $place/left; done")
    second = bench.changed(
        lambda cage: replace(cage, scratch=Scratch.make(tmp_path / "two", bench.sandbox.owner).path)
    )

    first_again = await bench.shell(f"find {places} -name left | wc -l")
    found = await second.shell(f"find {places} -name left | wc -l")

    assert first_again.output == "4\n"
    assert found.output == "0\n"


async def test_other_runs_cannot_even_be_named(bench: Bench, tmp_path: Path) -> None:
    """Attack 38."""
    other = tmp_path / "other-run"
    other.mkdir()
    (other / "secret").write_text("secret")

    finished = await bench.shell(
        f"cat {other}/secret; ls {other}; ls {tmp_path}; ls /proc/1/root{other}; ls /root /srv"
    )
    mounts = await bench.shell("cat /proc/self/mounts")

    assert finished.output.count("No such file or directory") >= 5
    assert "\nsecret" not in finished.output
    assert "other-run" not in mounts.output
