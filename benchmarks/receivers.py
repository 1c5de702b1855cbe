"""What the burst is sent to, as processes of their own: the service, and Probot beside it."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.burst import HOST

PROBOT = Path(__file__).with_name("probot")
CACHE = Path(__file__).parents[1] / "var" / "benchmarks" / "probot"
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.05


@contextmanager
def service(port: int, folder: Path, secret: str, app_id: int) -> Iterator[int]:
    """Run the receiving half of the service on a database in the folder; yield its process id."""
    environment = {
        "PATH": os.environ["PATH"],
        "PHASELINE_DATABASE_URL": f"sqlite:///{folder / 'phaseline.db'}",
        "PHASELINE_DATA_DIR": str(folder),
        "PHASELINE_GITHUB_APP_ID": str(app_id),
        "PHASELINE_GITHUB_PRIVATE_KEY": "not used by the receiving half",
        "PHASELINE_GITHUB_WEBHOOK_SECRET": secret,
        "PHASELINE_HOST": HOST,
        "PHASELINE_PORT": str(port),
        "ANTHROPIC_API_KEY": "not used by the receiving half",
    }
    program = [sys.executable, str(Path(sysconfig.get_path("scripts")) / "phaseline")]
    with _running([*program, "serve", "--no-worker"], environment, folder, port) as pid:
        yield pid


@contextmanager
def probot(port: int, folder: Path, secret: str, app_id: int, key: str) -> Iterator[int]:
    """Run Probot with an empty handler; the first time, npm installs what the lock names."""
    _install()
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_ENV": "production",
        "PORT": str(port),
        "APP_ID": str(app_id),
        "PRIVATE_KEY": key,
        "WEBHOOK_SECRET": secret,
    }
    with _running(["node", str(CACHE / "receiver.js")], environment, folder, port) as pid:
        yield pid


def _install() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = (PROBOT / "package-lock.json").read_bytes()
    installed = CACHE / "installed-lock.json"
    for file in ("package.json", "package-lock.json", "receiver.js"):
        shutil.copyfile(PROBOT / file, CACHE / file)
    if installed.exists() and installed.read_bytes() == lock:
        return
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=CACHE, check=True, stdout=sys.stderr)
    installed.write_bytes(lock)


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], folder: Path, port: int
) -> Iterator[int]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=folder, stdout=output, stderr=output
        )
    try:
        _wait(process, port, log)
        yield process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"the receiver has ended:\n{log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        if time.monotonic() > deadline:
            raise RuntimeError("the receiver does not answer")
        time.sleep(PAUSE_SECONDS)
