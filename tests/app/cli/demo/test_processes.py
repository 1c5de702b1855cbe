"""The demo's children: they die with it, they are watched, their ports are theirs."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli.demo.ports import restartable_ports
from app.cli.demo.processes import Child, demand_free, start, wait_until_healthy
from app.cli.demo.trouble import DemoError

SCRIPT = "version: 1\ntitle: A small thing\nsteps:\n  qa/debugger/1: [{say: Done}]\n"
PARENT = """
import sys, time
from pathlib import Path
from app.cli.demo.processes import start, wait_until_healthy
port, script, log = sys.argv[1:]
import os
child = start("Claude", ["rehearse", "claude", "--port", port, "--script", script],
              os.environ, Path(log))
wait_until_healthy(child, f"http://127.0.0.1:{port}/")
print(child.process.pid, flush=True)
time.sleep(600)
"""


def claude(tmp_path: Path, port: int, script: str = SCRIPT) -> Child:
    path = tmp_path / "script.yaml"
    path.write_text(script)
    arguments = ["rehearse", "claude", "--port", str(port), "--script", str(path)]
    return start("The scripted Claude", arguments, os.environ, tmp_path / "claude.log")


def alive(pid: int) -> bool:
    """Say whether the process runs; a zombie that nobody has collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_children_die_when_the_demo_is_killed(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    port = restartable_ports(1)[0]
    arguments = [str(port), str(tmp_path / "script.yaml"), str(tmp_path / "claude.log")]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())

        parent.send_signal(signal.SIGKILL)
        parent.wait()

    try:
        deadline = time.monotonic() + 10
        while alive(child) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not alive(child)
        demand_free("scripted Claude", port, 5)
    finally:
        if alive(child):
            os.kill(child, signal.SIGKILL)


def test_a_child_is_ended_in_order(tmp_path: Path) -> None:
    port = restartable_ports(1)[0]
    child = claude(tmp_path, port)
    wait_until_healthy(child, f"http://127.0.0.1:{port}/")

    child.end()

    assert child.process.poll() is not None
    demand_free("scripted Claude", port, 5)


def test_a_child_that_ended_by_itself_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = claude(tmp_path, restartable_ports(1)[0], script="version: 7\n")
    child.process.wait(30)

    with pytest.raises(DemoError) as error:
        wait_until_healthy(child, "http://127.0.0.1:9/")

    assert "The scripted Claude has ended (status 1)" in str(error.value)
    assert "version must be 1" in str(error.value)
    assert str(tmp_path / "claude.log") in str(error.value)


def test_a_port_that_another_program_keeps_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(DemoError, match=f"Port {port} on 127.0.0.1, where this demo's service"):
            demand_free("service", port, 0)


def test_a_child_whose_parent_is_another_does_not_start() -> None:
    tether = Path("app/cli/demo/tether.py").resolve()

    done = subprocess.run(
        [sys.executable, "-I", "-S", str(tether), "1", "/bin/echo", "alive"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == ""
