"""A repository's dependencies are installed once, in a cage, and seen read-only ever after."""

import asyncio
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.environments.cache import EnvironmentCache
from app.workspace.environments.egress import Host
from app.workspace.environments.installer import Installer
from app.workspace.environments.preparation import Environments, Prepared
from app.workspace.environments.registries import Registries, Sources
from app.workspace.sandbox.sandbox import Sandbox
from tests.app.workspace.environments.servers import file_server, wheel
from tests.app.workspace.sandbox.kit import Bench

_NOWHERE = Registries(npm="https://npm.invalid/", index="https://py.invalid/simple")


class Workshop:
    """Prepares checkouts of one repository, each a fresh copy of the same files."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.cache = directory / "environments"
        self.sources = Sources(_NOWHERE, frozenset())
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


@pytest.fixture
def workshop(sandbox: Sandbox, tmp_path: Path) -> Workshop:
    directory = tmp_path / "workshop"
    directory.mkdir(mode=0o700)
    return Workshop(sandbox, directory)


def _in_cage(bench: Bench, prepared: Prepared) -> Bench:
    environment = prepared.environment
    assert environment is not None
    return bench.changed(
        lambda cage: replace(cage, mounts=environment.mounts, path=environment.path)
    )


async def test_what_setup_makes_is_mounted_read_only_at_its_place(
    workshop: Workshop, bench: Bench
) -> None:
    """Attack 37: caches are read-only."""
    workshop.file("side/src/a.txt", "the repository's own")

    prepared = await workshop.prepare("mkdir -p side/deps/bin && echo installed > side/deps/made")
    seen = await _in_cage(bench, prepared).shell("cat side/deps/made; echo x > side/deps/made")

    assert seen.output.startswith("installed\n")
    assert "Read-only file system" in seen.output
    assert prepared.environment is not None
    assert [mount.inside for mount in prepared.environment.mounts] == ["side/deps"]


async def test_a_receipt_tells_what_ran(workshop: Workshop) -> None:
    prepared = await workshop.prepare("echo one; mkdir deps")

    (receipt,) = prepared.receipts
    assert receipt.argv[-1] == "echo one; mkdir deps"
    assert (receipt.exit_code, receipt.killed_for, receipt.directory) == (0, None, "")
    assert receipt.log_sha256 == hashlib.sha256(b"one\n").hexdigest()
    assert receipt.seconds > 0


async def test_the_second_time_nothing_runs(workshop: Workshop) -> None:
    first = await workshop.prepare("mkdir deps")

    second = await workshop.prepare("mkdir deps")

    assert (first.cached, second.cached) == (False, True)
    assert second.environment == first.environment
    assert second.receipts == ()


async def test_other_locks_commands_or_repositories_have_environments_of_their_own(
    workshop: Workshop,
) -> None:
    """Attack 37: caches are keyed by lock file and repository."""
    workshop.file("requirements.txt", "")
    keys = [(await workshop.prepare("mkdir deps")).environment]
    keys.append((await workshop.prepare("mkdir deps", scope="2")).environment)
    keys.append((await workshop.prepare("mkdir deps; true")).environment)
    workshop.file("requirements.txt", "# changed")
    keys.append((await workshop.prepare("mkdir deps")).environment)

    assert len({environment.key for environment in keys if environment}) == 4


async def test_a_failure_is_told_and_leaves_nothing(workshop: Workshop) -> None:
    failed = await workshop.prepare("mkdir deps", "echo broken; exit 3", "echo never")

    assert failed.environment is None
    assert [receipt.exit_code for receipt in failed.receipts] == [0, 3]
    assert "broken\n" in failed.log
    assert "never" not in failed.log
    assert [path.name for path in workshop.cache.iterdir() if not path.name.startswith(".")] == []
    assert not (await workshop.prepare("mkdir deps")).cached


async def test_several_at_once_install_once(workshop: Workshop) -> None:
    prepared = await asyncio.gather(*(workshop.prepare("mkdir deps; sleep 0.2") for _ in range(4)))

    assert sorted(one.cached for one in prepared) == [False, True, True, True]
    assert len({one.environment.key for one in prepared if one.environment}) == 1


async def test_a_builder_that_was_killed_leaves_no_half_entry(workshop: Workshop) -> None:
    key = workshop.environments().key(workshop.checkout(), scope="1", setup=["mkdir deps"])
    # Between the first directory of an entry and its rename: as far as a builder can get.
    (workshop.cache / f".{key}.new" / "entry" / "0").mkdir(parents=True)

    prepared = await workshop.prepare("mkdir deps")

    assert prepared.environment is not None
    assert not prepared.cached
    assert not (workshop.cache / f".{key}.new").exists()


async def test_cancelling_a_prepare_leaves_nothing(workshop: Workshop) -> None:
    begun = asyncio.create_task(workshop.prepare("mkdir deps; sleep 60"))
    while not list(workshop.cache.glob(".*.new/scratch")):  # noqa: ASYNC110 - the file system has no event.
        await asyncio.sleep(0.01)
    begun.cancel()

    with pytest.raises(asyncio.CancelledError):
        await begun

    assert list(workshop.cache.glob(".*.new")) == []


async def test_a_repository_without_lock_files_needs_nothing(workshop: Workshop) -> None:
    workshop.file("README.md", "")

    prepared = await workshop.prepare()

    assert prepared.environment is not None
    assert (prepared.environment.key, prepared.environment.mounts) == ("", ())


async def test_the_prepare_cage_holds_no_secret_and_no_network(workshop: Workshop) -> None:
    probe = (
        "env | grep -ciE 'token|secret|_key=' || true; "
        'python3 -c "import socket; print([i[1] for i in socket.if_nameindex()])"; '
        "ls -A ~ /tmp | grep -v ':' | tr -d '\\n'; false"
    )

    failed = await workshop.prepare(probe)

    assert failed.log.splitlines()[1:3] == ["0", "['lo']"]


async def test_a_host_that_is_not_allowed_is_named(workshop: Workshop) -> None:
    fetch = "import urllib.request as r; r.urlopen('https://elsewhere.invalid/x')"

    failed = await workshop.prepare(f'python3 -c "{fetch}"')

    assert failed.environment is None
    assert "403 Forbidden" in failed.log
    assert failed.refused == ("elsewhere.invalid:443",)


async def test_set_id_bits_and_closed_modes_do_not_survive(
    workshop: Workshop, bench: Bench
) -> None:
    made = "mkdir -p deps/closed && echo x > deps/closed/file && chmod 600 deps/closed/file && "
    made += "echo y > deps/tool && chmod 700 deps/tool && ln -s /etc/passwd deps/link && "
    made += "chmod 700 deps/closed"

    prepared = await workshop.prepare(made)
    seen = await _in_cage(bench, prepared).shell("cd deps; stat -c '%a %n' closed closed/file tool")

    assert seen.output == "755 closed\n644 closed/file\n755 tool\n"
    assert prepared.environment is not None
    source = prepared.environment.mounts[0].source
    assert (source / "tool").stat().st_uid == os.geteuid()
    assert (source / "link").is_symlink()


async def test_python_packages_come_from_a_plain_index_through_the_proxy(
    workshop: Workshop, bench: Bench, tmp_path: Path
) -> None:
    content = wheel(tmp_path, "greeter").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    page = f'<a href="/files/greeter-1.0-py3-none-any.whl#sha256={digest}">greeter</a>'.encode()
    workshop.file("back/requirements.txt", f"greeter==1.0 --hash=sha256:{digest}\n")
    files = {"/simple/greeter/": page, "/files/greeter-1.0-py3-none-any.whl": content}

    async with file_server(files) as (port, asked):
        registries = replace(_NOWHERE, index=f"http://127.0.0.1:{port}/simple")
        host = Host("127.0.0.1", port, tls=False)
        workshop.sources = Sources(registries, frozenset({host}))
        prepared = await workshop.prepare()

    assert prepared.environment is not None, prepared.log
    assert "/files/greeter-1.0-py3-none-any.whl" in asked
    assert prepared.environment.path == ("/workspace/back/.venv/bin",)
    seen = await _in_cage(bench, prepared).shell("greeter; command -v greeter")
    assert seen.output == "greeter runs\n/workspace/back/.venv/bin/greeter\n"


def _uv_lock(index: str, address: str, digest: str, size: int) -> str:
    return f"""version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "greeter"
version = "1.0"
source = {{ registry = "{index}" }}
wheels = [{{ url = "{address}", hash = "sha256:{digest}", size = {size} }}]

[[package]]
name = "project"
version = "0.1"
source = {{ virtual = "." }}
dependencies = [{{ name = "greeter" }}]

[package.metadata]
requires-dist = [{{ name = "greeter" }}]
"""


@pytest.mark.parametrize("tampered", [False, True])
async def test_a_lock_of_uv_is_installed_as_it_stands_by_its_hashes(
    workshop: Workshop, bench: Bench, tmp_path: Path, *, tampered: bool
) -> None:
    content = wheel(tmp_path, "greeter").read_bytes()
    digest = hashlib.sha256(content + b"x" * tampered).hexdigest()
    project = '[project]\nname = "project"\nversion = "0.1"\nrequires-python = ">=3.11"\n'
    workshop.file("pyproject.toml", f'{project}dependencies = ["greeter"]\n')
    name = "greeter-1.0-py3-none-any.whl"

    async with file_server({f"/files/{name}": content}) as (port, asked):
        index, address = f"http://127.0.0.1:{port}/simple", f"http://127.0.0.1:{port}/files/{name}"
        workshop.file("uv.lock", _uv_lock(index, address, digest, len(content)))
        host = Host("127.0.0.1", port, tls=False)
        workshop.sources = Sources(replace(_NOWHERE, index=index), frozenset({host}))
        prepared = await workshop.prepare()

    assert f"/files/{name}" in asked
    if tampered:
        assert prepared.environment is None
        assert "Hash mismatch" in prepared.log
        return
    assert prepared.environment is not None, prepared.log
    seen = await _in_cage(bench, prepared).shell("greeter")
    assert seen.output == "greeter runs\n"


async def test_python_packages_come_from_a_local_directory(
    workshop: Workshop, bench: Bench, tmp_path: Path
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    wheel(links, "greeter")
    workshop.file("requirements.txt", "greeter==1.0\n")
    workshop.sources = Sources(replace(_NOWHERE, find_links=(str(links),)), frozenset())
    workshop.sources = replace(
        workshop.sources, registries=replace(workshop.sources.registries, index=links.as_uri())
    )

    prepared = await workshop.prepare()

    assert prepared.environment is not None, prepared.log
    seen = await _in_cage(bench, prepared).shell("greeter")
    assert seen.output == "greeter runs\n"


async def test_node_packages_are_installed_from_their_lock_and_no_script_of_theirs_runs(
    workshop: Workshop, bench: Bench
) -> None:
    package = {
        "name": "hello",
        "version": "1.0.0",
        "bin": {"hello": "cli.js"},
        "scripts": {"install": "echo ran > ran"},
    }
    workshop.file("web/hello.tgz", _tarball(package, "#!/usr/bin/env node\nconsole.log('hello')\n"))
    manifest = {"name": "web", "version": "1.0.0", "dependencies": {"hello": "file:hello.tgz"}}
    workshop.file("web/package.json", json.dumps(manifest))
    workshop.file("web/package-lock.json", json.dumps(_lock(manifest)))

    prepared = await workshop.prepare()

    assert prepared.environment is not None, prepared.log
    assert prepared.environment.path == ("/workspace/web/node_modules/.bin",)
    seen = await _in_cage(bench, prepared).shell("hello; ls web/node_modules/hello")
    assert seen.output == "hello\ncli.js\npackage.json\n"


def _tarball(package: Mapping[str, object], script: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in (("package.json", json.dumps(package)), ("cli.js", script)):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode = len(text), 0o755
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


def _lock(manifest: Mapping[str, object]) -> dict[str, object]:
    hello = {
        "version": "1.0.0",
        "resolved": "file:hello.tgz",
        "hasInstallScript": True,
        "bin": {"hello": "cli.js"},
    }
    return {
        **{key: manifest[key] for key in ("name", "version")},
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": manifest, "node_modules/hello": hello},
    }


async def test_an_entry_outlives_its_checkout(workshop: Workshop, bench: Bench) -> None:
    prepared = await workshop.prepare("mkdir deps && echo kept > deps/file")
    for checkout in workshop.cache.parent.glob("checkout-*"):
        shutil.rmtree(checkout)

    seen = await _in_cage(bench, prepared).shell("cat deps/file")

    assert seen.output == "kept\n"
