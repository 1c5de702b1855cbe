"""What a cage must withstand, whatever it is made of: lays out a host worth escaping to, and tries.

Another backend is one more entry of `BACKENDS` in `test_contract.py`; see docs/sandbox.md.
"""

import asyncio
import ctypes
import json
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.workspace.sandbox.sandbox import Sandbox
from tests.app.workspace.sandbox.kit import AGENT_UID, make_bench

PROGRAM = Path(__file__).with_name("escapes.py")
_PRIVATE_SEGMENT = 0
_REMOVE = 0


async def escapes(sandbox: Sandbox, directory: Path, *, harmless: bool) -> dict[str, bool]:
    """Try every way out of a cage of this sandbox; returns for each whether it worked."""
    bench = make_bench(sandbox, directory)
    with _host(directory) as host:
        given = {**host, "harmless": harmless}
        finished = await sandbox.run(
            bench.cage,
            ["/usr/bin/python3", "-IS", "-", json.dumps(given)],
            timeout=60,
            stdin=PROGRAM.read_bytes(),
        )
    try:
        found: dict[str, bool] = json.loads(finished.output)
    except ValueError as error:
        raise AssertionError(f"exit {finished.exit_code}: {finished.output}") from error
    return found


def as_a_program(data: str) -> None:
    """Print what worked, for a process of another user; `data` is an empty directory."""
    from tests.app.workspace.sandbox.kit import make_sandbox  # noqa: PLC0415 - for that process.

    print(json.dumps(asyncio.run(escapes(make_sandbox(), Path(data), harmless=False))))  # noqa: T201


@contextmanager
def _host(directory: Path) -> Iterator[dict[str, Any]]:
    """Things of a host that nobody in a cage may see, reach or touch."""
    canary = secrets.token_hex(16)
    other = directory / "other-run"
    other.mkdir()
    secret = other / "secret"
    secret.write_text(canary)
    secret.chmod(0o644)
    with (
        _process(canary) as pid,
        _sockets() as sockets,
        _segment() as segment,
        tempfile.NamedTemporaryFile(prefix=f"marker-{canary}") as marker,
    ):
        yield {
            **sockets,
            "canary": canary,
            "pid": pid,
            "secret": str(secret),
            "other": str(other),
            "segment": segment,
            "marker": Path(marker.name).name,
            "name": socket.gethostname(),
        }


@contextmanager
def _process(canary: str) -> Iterator[int]:
    """A process of the user that agents run as, with a secret in its environment."""
    user = AGENT_UID if os.geteuid() == 0 else None
    process = subprocess.Popen(["/bin/sleep", "120"], env={"CANARY": canary}, user=user)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


@contextmanager
def _sockets() -> Iterator[dict[str, Any]]:
    """Servers on loopback, one without a path and one with."""
    with (
        tempfile.TemporaryDirectory() as place,
        socket.create_server(("127.0.0.1", 0)) as four,
        socket.create_server(("::1", 0), family=socket.AF_INET6) as six,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as named,
    ):
        Path(place).chmod(0o755)
        found = {"abstract": secrets.token_hex(8), "named": f"{place}/socket"}
        for server, address in ((abstract, "\0" + found["abstract"]), (named, found["named"])):
            server.bind(address)
            server.listen(1)
        Path(found["named"]).chmod(0o777)
        yield {**found, "port": four.getsockname()[1], "port6": six.getsockname()[1]}


@contextmanager
def _segment() -> Iterator[int]:
    """A segment of System V shared memory that everybody may read."""
    libc = ctypes.CDLL(None, use_errno=True)
    identifier = int(libc.shmget(_PRIVATE_SEGMENT, ctypes.c_size_t(4096), 0o1666))
    assert identifier >= 0, os.strerror(ctypes.get_errno())
    try:
        yield identifier
    finally:
        libc.shmctl(identifier, _REMOVE, None)
