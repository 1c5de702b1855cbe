"""A repository to prepare over and over, and a look at what was prepared from within a cage."""

from dataclasses import replace
from pathlib import Path

from app.workspace.environments.cache import EnvironmentCache
from app.workspace.environments.installer import Installer
from app.workspace.environments.preparation import Environments, Prepared
from app.workspace.environments.registries import Registries, Sources
from app.workspace.sandbox.sandbox import Sandbox
from tests.app.workspace.sandbox.kit import Bench

NOWHERE = Registries(npm="https://npm.invalid/", index="https://py.invalid/simple")


class Workshop:
    """Prepares checkouts of one repository, each a fresh copy of the same files."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.cache = directory / "environments"
        self.sources = Sources(NOWHERE, frozenset())
        self._sandbox = sandbox
        self._directory = directory
        self._files: dict[str, bytes] = {}
        self._count = 0

    def file(self, path: str, content: str | bytes) -> None:
        self._files[path] = content.encode() if isinstance(content, str) else content

    def checkout(self) -> Path:
        self._count += 1
        checkout = self._directory / f"checkout-{self._count}"
        checkout.mkdir()
        for path, content in self._files.items():
            file = checkout / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return checkout

    def environments(self) -> Environments:
        async def sources() -> Sources:
            return self.sources

        installer = Installer(self._sandbox, timeout_s=60)
        return Environments(self._sandbox, EnvironmentCache(self.cache), installer, sources)

    async def prepare(self, *setup: str, scope: str = "1") -> Prepared:
        commands = list(setup) or None
        return await self.environments().prepare(self.checkout(), scope=scope, setup=commands)


def in_cage(bench: Bench, prepared: Prepared) -> Bench:
    environment = prepared.environment
    assert environment is not None
    return bench.changed(
        lambda cage: replace(cage, mounts=environment.mounts, path=environment.path)
    )
