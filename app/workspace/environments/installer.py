"""Runs the commands of a plan in the prepare cage: no secrets, and a narrow way out.

It knows nothing of keys and caches.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.workspace.environments.plan import Command, Plan
from app.workspace.environments.proxy import Proxy
from app.workspace.environments.registries import Registries, Sources
from app.workspace.sandbox.beneath import own_tree
from app.workspace.sandbox.cage import Cage, Limits, Mount
from app.workspace.sandbox.sandbox import Finished, Sandbox

_EGRESS = "/run/egress"
_SOCKET = "proxy.sock"
_BRIDGE = "/run/bridge.py"
_PORT = 3128
_PROXY = f"http://127.0.0.1:{_PORT}"
_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_LIMITS = Limits(
    disk=8 << 30, disk_entries=1_000_000, file=4 << 30, processes=1024, open_files=8192
)


@dataclass(frozen=True)
class PrepareReceipt:
    """Evidence of one command of a prepare. The hash is over its whole output."""

    argv: tuple[str, ...]
    directory: str
    exit_code: int
    killed_for: str | None
    seconds: float
    log_sha256: str


@dataclass(frozen=True)
class Installation:
    """What became of a plan: receipts up to the first failure, with all that was printed."""

    receipts: tuple[PrepareReceipt, ...]
    log: str
    refused: tuple[str, ...]
    """Hosts that something tried to reach and may not."""

    @property
    def succeeded(self) -> bool:
        """Whether every command did."""
        return all(one.exit_code == 0 and one.killed_for is None for one in self.receipts)


class Installer:
    """Installs in cages of one sandbox."""

    def __init__(self, sandbox: Sandbox, *, timeout_s: float) -> None:
        self._sandbox = sandbox
        self._timeout_s = timeout_s
        self._bridge = Path(__file__).with_name("bridge.py").read_bytes()

    async def install(
        self, checkout: Path, scratch: Path, plan: Plan, sources: Sources
    ) -> Installation:
        """Run the plan's commands, one after another, in the checkout, which agents own."""
        receipts: list[PrepareReceipt] = []
        log: list[str] = []
        proxy = Proxy(sources.hosts)
        # Not below the data directory: the name of a unix socket has 107 characters at most.
        with tempfile.TemporaryDirectory(prefix="phaseline-") as way_out:
            if self._sandbox.owner is not None:
                own_tree(Path(way_out), self._sandbox.owner)
            cage = self._cage(checkout, scratch, Path(way_out), sources.registries)
            async with proxy.listening(Path(way_out) / _SOCKET, self._sandbox.owner):
                for command in plan.commands:
                    finished = await self._run(cage, command)
                    receipts.append(_receipt(command, finished))
                    text = finished.content.decode("utf-8", "replace")
                    log.append(f"$ {' '.join(command.argv)}  (in {command.cwd})\n{text}")
                    if finished.exit_code or finished.killed_for:
                        break
        return Installation(tuple(receipts), "\n".join(log), tuple(sorted(proxy.traffic.refused)))

    def _cage(self, checkout: Path, scratch: Path, way_out: Path, registries: Registries) -> Cage:
        local = (Mount(directory, str(directory)) for directory in registries.directories)
        return Cage(
            worktree=checkout,
            scratch=scratch,
            writable=True,
            mounts=(Mount(way_out, _EGRESS), *local),
            environment=tuple(_variables(registries).items()),
            files=((_BRIDGE, self._bridge),),
            limits=_LIMITS,
        )

    async def _run(self, cage: Cage, command: Command) -> Finished:
        bridge = ("/usr/bin/python3", "-IS", _BRIDGE, f"{_EGRESS}/{_SOCKET}", str(_PORT))
        enter = ("/bin/sh", "-c", 'cd -- "$0" && exec "$@"', command.cwd)
        argv = (*bridge, *enter, *command.argv)
        return await self._sandbox.run(cage, argv, timeout=self._timeout_s)


def _receipt(command: Command, finished: Finished) -> PrepareReceipt:
    return PrepareReceipt(
        argv=command.argv,
        directory=command.directory,
        exit_code=finished.exit_code,
        killed_for=finished.killed_for,
        seconds=finished.duration_s,
        log_sha256=hashlib.sha256(finished.content).hexdigest(),
    )


def _variables(registries: Registries) -> Mapping[str, str]:
    """How the clients inside are told of the way out and of where packages come from.

    Sent by environment, which overrules what files of the repository say.
    """
    found = {
        "HTTPS_PROXY": _PROXY,
        "HTTP_PROXY": _PROXY,
        "https_proxy": _PROXY,
        "http_proxy": _PROXY,
        "npm_config_registry": registries.npm,
        "npm_config_update_notifier": "false",
        "UV_DEFAULT_INDEX": registries.index,
        "UV_INDEX": " ".join(registries.extra_indexes),
        "UV_FIND_LINKS": " ".join(registries.find_links),
        # All indexes are the operator's own; the first to know a name need not have the version.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_NO_CONFIG": "1",
        "UV_LINK_MODE": "copy",
        # The environment is mounted read-only later, where nothing could keep what it compiled.
        "UV_COMPILE_BYTECODE": "1",
        "PIP_INDEX_URL": registries.index,
        "PIP_EXTRA_INDEX_URL": " ".join(registries.extra_indexes),
        "PIP_FIND_LINKS": " ".join(registries.find_links),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    if Path(_AUTHORITIES).is_file():
        # The host's own, so that a mirror behind a company's authority is trusted inside too.
        found |= {
            "SSL_CERT_FILE": _AUTHORITIES,
            "REQUESTS_CA_BUNDLE": _AUTHORITIES,
            "PIP_CERT": _AUTHORITIES,
            "NODE_EXTRA_CA_CERTS": _AUTHORITIES,
        }
    return {name: value for name, value in found.items() if value}
