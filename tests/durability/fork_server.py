"""A process that has imported everything, and forks services that are up at once.

It speaks JSON lines. In `{"environment": ..., "log": ..., "plan": ..., "role": ...}`, out
`{"pid": ...}`, and `{"ended": pid, "status": ...}` when that service has ended. In
`{"modules": PATH}`, out `{"up": ...}`, to import what a service had imported in the end. It ends
with its standard input.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anthropic.types import ModelInfo

from app.claude.prices import Prices
from app.cli.demo.tether import die_with
from app.wiring.workspaces import team
from app.workspace.sandbox.toolchain import Toolchain
from tests.durability import service


def main() -> None:
    """Fork what is asked for until nobody asks any more."""
    # What a service reads or builds once when it starts is in the caches then.
    team()
    Prices("anthropic").check(["claude-haiku-5-5"], datetime.now(UTC))
    ModelInfo.model_rebuild()
    Toolchain.find()
    living: dict[int, int] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        _say({"up": True})
        while True:
            for key, _ in selector.select():
                if key.fd != sys.stdin.fileno():
                    selector.unregister(key.fd)
                    _bury(living.pop(key.fd), key.fd)
                    continue
                line = _line()
                if not line:
                    for pid in living.values():
                        os.kill(pid, signal.SIGKILL)
                    return
                order = json.loads(line)
                if "modules" in order:
                    _import(Path(order["modules"]))
                    _say({"up": True})
                    continue
                pid = _begin(order, tuple(living))
                descriptor = os.pidfd_open(pid)
                living[descriptor] = pid
                selector.register(descriptor, selectors.EVENT_READ)
                _say({"pid": pid})


def _import(names: Path) -> None:
    for name in names.read_text().splitlines():
        # Some names are made by libraries and are no modules to import.
        with suppress(ImportError):
            importlib.import_module(name)


def _line() -> bytes:
    """Read one line without reading ahead: what stays in a buffer wakes no selector."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            return b""
        line += byte
    return line


def _begin(order: dict[str, Any], inherited: tuple[int, ...]) -> int:
    parent = os.getpid()
    # What is here already is no garbage: a service that looked through it would copy all of it.
    gc.collect()
    gc.freeze()
    pid = os.fork()
    if pid:
        return pid
    for descriptor in inherited:
        os.close(descriptor)
    status = 1
    try:
        die_with(parent)
        _settle(order)
        service.run(order["plan"], order["role"])
        status = 0
    except Exception:  # noqa: BLE001 - the last words of a process.
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _settle(order: dict[str, Any]) -> None:
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(Path(order["log"]).parent)


def _bury(pid: int, descriptor: int) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(descriptor)
    _say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(words: dict[str, Any]) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    main()
