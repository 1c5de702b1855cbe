"""`phaseline rehearse` and the start of the command line, as a person runs them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from app.cli.demo.ports import restartable_ports

SCRIPT = "version: 1\ntitle: A small thing\nsteps:\n  qa/debugger/1: [{say: Done}]\n"
PHASELINE = Path(sys.executable).parent / "phaseline"


def phaseline(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PHASELINE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def wait_until_up(url: str, process: "subprocess.Popen[bytes]") -> httpx2.Response:
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx2.get(url)
        except httpx2.TransportError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_help_loads_no_heavy_library() -> None:
    probe = (
        "import sys; from app.cli.main import app; "
        "print(sorted({'anthropic', 'dbos', 'fastapi', 'httpx2', 'sqlalchemy'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_sound_script_is_called_sound(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)

    done = phaseline("rehearse", "claude", "--check", "--script", str(path))

    assert done.returncode == 0
    assert done.stdout.strip() == f"{path}: sound. A small thing: 1 steps, 1 turns."


def test_a_faulty_script_is_named_with_its_fault_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT.replace("say", "sai"))

    done = phaseline("rehearse", "claude", "--check", "--script", str(path))

    assert done.returncode == 1
    assert "unknown key 'sai'" in done.stderr
    assert "Traceback" not in done.stderr


def test_neither_port_nor_check_is_a_question_back(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)

    done = phaseline("rehearse", "claude", "--script", str(path))

    assert done.returncode == 2
    assert "--check" in done.stderr


def test_the_scripted_claude_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)
    port = restartable_ports(1)[0]
    process = subprocess.Popen(
        [PHASELINE, "rehearse", "claude", "--port", str(port), "--script", str(path)],
        stdout=subprocess.PIPE,
    )

    try:
        answer = wait_until_up(f"http://127.0.0.1:{port}/", process)
    finally:
        os.kill(process.pid, signal.SIGTERM)
        announced, _ = process.communicate(timeout=30)

    assert announced == f"The scripted Claude: http://127.0.0.1:{port} (Ctrl-C ends it)\n".encode()
    assert "This is not a model" in answer.text


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = phaseline("rehearse", "claude", "--port", str(port), "--script", str(path))

    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["--repo", "nonsense"], "write owner/name=PATH"),
        (["--repo", "o/n=/does/not/exist"], "is not a directory"),
        (["--repo", "o/n=/tmp", "--app-id", "1"], "--private-key"),
    ],
)
def test_a_repository_or_app_that_cannot_be_is_refused(
    tmp_path: Path, arguments: list[str], answer: str
) -> None:
    done = phaseline("rehearse", "github", "--port", "1", "--data", str(tmp_path), *arguments)

    assert done.returncode == 2
    assert answer in " ".join(done.stderr.replace("│", " ").split())


def test_the_stand_in_github_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    repository = tmp_path / "shop"
    git = ["git", "-c", "user.name=Author", "-c", "user.email=author@example.invalid"]
    subprocess.run([*git, "init", "--quiet", str(repository)], check=True)
    commit = ["commit", "--quiet", "--allow-empty", "-m", "chore: begin"]
    subprocess.run([*git, "-C", str(repository), *commit], check=True)
    port = restartable_ports(1)[0]
    arguments = ["--port", str(port), "--data", str(tmp_path / "github")]
    process = subprocess.Popen(
        [PHASELINE, "rehearse", "github", *arguments, "--repo", f"demo/shop={repository}"],
        stdout=subprocess.PIPE,
    )

    try:
        answer = wait_until_up(f"http://127.0.0.1:{port}/api/v3/meta", process)
    finally:
        os.kill(process.pid, signal.SIGTERM)
        announced, _ = process.communicate(timeout=30)

    assert f"The stand-in for GitHub: http://127.0.0.1:{port} (".encode() in announced
    assert answer.status_code == 200
    assert (tmp_path / "github/standin.json").exists()


def test_a_repository_that_cannot_be_hosted_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    arguments = ["--port", str(restartable_ports(1)[0]), "--data", str(tmp_path / "github")]

    done = phaseline("rehearse", "github", *arguments, "--repo", f"demo/shop={empty}")

    assert done.returncode == 1
    assert "cannot be hosted" in done.stderr
    assert "Traceback" not in done.stderr
