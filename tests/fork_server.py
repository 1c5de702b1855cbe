"""A process that has imported everything, and forks commands that are up at once.

It performs the commands' own entry points and knows nothing of what they do. It speaks JSON lines.
In `{"start": "module:function", "argv": ..., "environment": ..., "cwd": ..., "output": PATH,
"errors": PATH}`, out `{"pid": ...}`, and `{"ended": pid, "status": ...}` when that process has
ended. In `{"signal": NUMBER, "pid": ...}`. It ends with its standard input, and whatever it has
forked ends with it.
"""

import atexit
import gc
import importlib
import json
import os
import selectors
import signal
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from anthropic.types import ModelInfo

from app.claude.prices import Prices
from app.cli.demo.tether import die_with
from app.wiring.workspaces import team
from app.workspace.sandbox.toolchain import Toolchain

# What the commands import when they are asked for, and what libraries import when they are first
# used. What is missing here is learned from the first process that ends in order: one that a signal
# ends, as the stand-ins, teaches nothing.
ROOMS = (
    "app.cli.main",
    "app.main",
    "app.rehearsal.claude.server",
    "app.rehearsal.github.server",
    "app.store.migrating",
    "app.store.upgrading",
    "app.telemetry.logs",
    "app.wiring.duty",
    "app.wiring.model",
    "app.wiring.recovering",
    "app.wiring.worker",
    "dbos._sys_db_sqlite",
    "fastapi.telemetry._runtime",
    "httpcore",
    "httpcore2",
    "pydantic.v1",
    "uvicorn",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
)


@dataclass(frozen=True)
class Life:
    """A forked process: its id, a descriptor of it, and a file of what it imported on its way."""

    pid: int
    descriptor: int
    imported: int


class Server:
    """The one thread of this process: it reads orders and waits for what it has forked."""

    def __init__(self) -> None:
        self._living: dict[int, Life] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ)

    def serve(self) -> None:
        """Fork what is asked for until nobody asks any more."""
        _say({"up": True})
        while True:
            for key, _ in self._selector.select():
                if key.data is not None:
                    self._bury(key.data)
                elif line := _line():
                    self._obey(json.loads(line))
                else:
                    for pid in self._living:
                        os.kill(pid, signal.SIGKILL)
                    return

    def _obey(self, order: dict[str, Any]) -> None:
        if "signal" in order:
            # What has been buried has no process id any more.
            if order["pid"] in self._living:
                os.kill(order["pid"], order["signal"])
            return
        life = self._fork(order)
        self._living[life.pid] = life
        self._selector.register(life.descriptor, selectors.EVENT_READ, life)
        _say({"pid": life.pid})

    def _fork(self, order: dict[str, Any]) -> Life:
        threads = sum(1 for _ in Path("/proc/self/task").iterdir())
        if threads > 1:
            raise RuntimeError("something that was imported has started a thread: no fork is safe")
        parent, imported = os.getpid(), os.memfd_create("imported")
        # What is here already is no garbage: a process that looked through it would copy all of it.
        gc.collect()
        gc.freeze()
        pid = os.fork()
        if not pid:
            self._let_go()
            _live(order, parent, imported)
        return Life(pid, os.pidfd_open(pid), imported)

    def _let_go(self) -> None:
        self._selector.close()
        for life in self._living.values():
            os.close(life.descriptor)
            os.close(life.imported)

    def _bury(self, life: Life) -> None:
        self._selector.unregister(life.descriptor)
        _, status = os.waitpid(life.pid, 0)
        del self._living[life.pid]
        os.close(life.descriptor)
        _say({"ended": life.pid, "status": os.waitstatus_to_exitcode(status)})
        with os.fdopen(life.imported, "r") as imported:
            imported.seek(0)
            _import(imported.read().splitlines())


def _import(names: list[str]) -> None:
    for name in names:
        # Some names are made by libraries and are no modules to import.
        with suppress(ImportError):
            importlib.import_module(name)


def _live(order: dict[str, Any], parent: int, imported: int) -> NoReturn:
    """Be a process of its own, from here to its end."""
    status = 1
    try:
        die_with(parent)
        _settle(order)
        known = set(sys.modules)
        status = _performed(order["start"])
        os.write(imported, "\n".join(sorted(set(sys.modules) - known)).encode())
    except BaseException:  # noqa: BLE001 - the last words of a process.
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _settle(order: dict[str, Any]) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output, errors = (
        os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for name in ("output", "errors")
    )
    for number, source in enumerate((nothing, output, errors)):
        os.dup2(source, number)
        os.close(source)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["cwd"])
    sys.argv = order["argv"]


def _performed(entry: str) -> int:
    """Perform an entry point as the interpreter performs a program; return its status."""
    module, _, function = entry.partition(":")
    try:
        getattr(importlib.import_module(module), function)()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    finally:
        threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does at its end
        atexit._run_exitfuncs()
    return 0


def _line() -> bytes:
    """Read one line without reading ahead: what stays in a buffer wakes no selector."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            return b""
        line += byte
    return line


def _say(words: dict[str, Any]) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


def main() -> None:
    """Import everything, fill the caches that a service fills when it starts, and serve."""
    _import(list(ROOMS))
    team()
    Prices("anthropic").check(["claude-haiku-5-5"], datetime.now(UTC))
    ModelInfo.model_rebuild()
    Toolchain.find()
    Server().serve()


if __name__ == "__main__":
    main()
