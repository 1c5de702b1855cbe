"""`phaseline setup` as a command: it refuses before it asks, and says how it ended."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app

PROGRAM = Path(sys.executable).with_name("phaseline")


def test_an_app_that_is_there_is_not_asked_about_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PHASELINE_GITHUB_APP_ID=3\n")

    ended = CliRunner().invoke(app, ["setup"])

    assert ended.exit_code == 2
    assert "There is an App already: .env." in ended.stderr
    assert "--replace" in ended.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = CliRunner().invoke(app, ["setup", "--port", port])

    assert ended.exit_code == 2
    assert f"Port {port} of 127.0.0.1 cannot be had" in ended.stderr
    assert "--port" in ended.stderr


def test_ctrl_c_ends_it_with_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    running = subprocess.Popen(
        [PROGRAM, "setup", "--port", port],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout
        assert "/?key=" in running.stdout.readline()

        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    finally:
        running.kill()
        running.communicate()

    assert running.returncode == 2
    assert told == "Nothing was registered and nothing was written.\n"
    assert not (tmp_path / ".env").exists()
