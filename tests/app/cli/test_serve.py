"""`phaseline serve` where it cannot start: one sentence that says what to do, and no traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

PHASELINE = Path(sys.executable).parent / "phaseline"


BUBBLEWRAP = "/usr/bin/bwrap"
# Whoever looks for bubblewrap in here finds what is no program.
WITHOUT_BUBBLEWRAP = (
    BUBBLEWRAP,
    "--dev-bind",
    "/",
    "/",
    "--ro-bind",
    "/dev/null",
    BUBBLEWRAP,
    "--",
)


def serve(folder: Path, *within: str, **settings: str) -> subprocess.CompletedProcess[str]:
    foreign = ("PHASELINE_", "ANTHROPIC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = kept | {
        "PHASELINE_GITHUB_APP_ID": "1",
        "PHASELINE_GITHUB_PRIVATE_KEY": "key.pem",
        "PHASELINE_GITHUB_WEBHOOK_SECRET": "s" * 32,
        "PHASELINE_PORT": "0",
        "ANTHROPIC_API_KEY": "key",
    }
    return subprocess.run(
        [*within, PHASELINE, "serve"],
        cwd=folder,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_that_is_taken_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        done = serve(tmp_path, PHASELINE_PORT=port)

    assert done.returncode == 2
    assert done.stderr.startswith(f"Phaseline cannot listen on 127.0.0.1:{port}: ")
    assert "PHASELINE_PORT" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_written_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a directory has to be")

    done = serve(tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith(f"The database {tmp_path}/var/phaseline.db cannot be written: ")


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    file = tmp_path / "var" / "phaseline.db"
    file.write_text("not a database, but more than nothing " * 99)

    done = serve(tmp_path)

    assert done.returncode == 2
    assert "file is not a database" in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_text().startswith("not a database")


def test_a_start_without_a_cage_that_holds_is_refused(tmp_path: Path) -> None:
    done = serve(tmp_path, *WITHOUT_BUBBLEWRAP)

    assert done.returncode == 2
    assert f"{BUBBLEWRAP} is missing: install" in done.stderr
    assert "Traceback" not in done.stderr
