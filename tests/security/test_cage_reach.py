"""What is out of a cage's reach: environments, the host, networks, other sessions and runs."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.workspace.sandbox.scratch import Scratch
from tests.app.workspace.sandbox.kit import Bench
from tests.security.cages import bench, sandbox

__all__ = ["bench", "sandbox"]
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
